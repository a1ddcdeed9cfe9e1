"""How a case's file looks: from ``cases.api.CaseFile`` to the rows of ``channels.parts``.

Portal, window and desk show the same case in the same words. Everything here is a function of
what it is given and of the language in force, but for ``known_actors`` and ``known_moves``,
which read what the file itself does not hold (posts, moves of papers).

>>> from tongban.channels import casefile
>>> casefile.either("营业执照", "")
('营业执照', '')
"""

from tongban.channels.casefile.abroad import AbroadWords, abroad_words
from tongban.channels.casefile.actors import (
    Actors,
    known_actors,
    look_rows,
    looks_alike,
)
from tongban.channels.casefile.clocks import clock, clock_sentence, clock_title, row_clock
from tongban.channels.casefile.custody import (
    Moves,
    custody_rows,
    holder_words,
    item_words,
    known_moves,
)
from tongban.channels.casefile.elsewhere import as_of, node_words, row_note, silences
from tongban.channels.casefile.evidence import entry_rows
from tongban.channels.casefile.history import timeline
from tongban.channels.casefile.papers import (
    FormFacts,
    form_facts,
    form_fields,
    material_needs,
    material_row,
    material_rows,
    paper_links,
    record_links,
    record_title,
)
from tongban.channels.casefile.steps import steps
from tongban.channels.casefile.words import (
    NUMBER_KINDS,
    Words,
    day_words,
    either,
    erased_words,
    labelled,
    limit_words,
    mode_words,
    moment_words,
    person_words,
    state_words,
)

__all__ = [
    "NUMBER_KINDS",
    "AbroadWords",
    "Actors",
    "FormFacts",
    "Moves",
    "Words",
    "abroad_words",
    "as_of",
    "clock",
    "clock_sentence",
    "clock_title",
    "custody_rows",
    "day_words",
    "either",
    "entry_rows",
    "erased_words",
    "form_facts",
    "form_fields",
    "holder_words",
    "item_words",
    "known_actors",
    "known_moves",
    "labelled",
    "limit_words",
    "look_rows",
    "looks_alike",
    "material_needs",
    "material_row",
    "material_rows",
    "mode_words",
    "moment_words",
    "node_words",
    "paper_links",
    "person_words",
    "record_links",
    "record_title",
    "row_clock",
    "row_note",
    "silences",
    "state_words",
    "steps",
    "timeline",
]
