"""The catalogue's rules: plain Python, no Django.

``edition`` holds the shapes, ``law`` the articles, ``content`` reads and checks an edition's
content, ``form`` checks a form's schema and what an applicant filled in.
"""

from tongban.matters.rules.content import content_problems, edition_from, unlawful
from tongban.matters.rules.edition import (
    ContentProblem,
    DecisionKind,
    DecisionWords,
    EditionState,
    EditionView,
    Fee,
    FieldProblem,
    LimitView,
    Material,
    MaterialForm,
    MaterialSource,
    Mode,
    Necessity,
    ResultKind,
    ResultView,
)
from tongban.matters.rules.form import (
    FormFault,
    form_faults,
    form_schema_problems,
    normalised_form,
)
from tongban.matters.rules.law import decision_words, silence_accepts
from tongban.matters.rules.search import folded, terms_of

__all__ = [
    "ContentProblem",
    "DecisionKind",
    "DecisionWords",
    "EditionState",
    "EditionView",
    "Fee",
    "FieldProblem",
    "FormFault",
    "LimitView",
    "Material",
    "MaterialForm",
    "MaterialSource",
    "Mode",
    "Necessity",
    "ResultKind",
    "ResultView",
    "content_problems",
    "decision_words",
    "edition_from",
    "folded",
    "form_faults",
    "form_schema_problems",
    "normalised_form",
    "silence_accepts",
    "terms_of",
    "unlawful",
]
