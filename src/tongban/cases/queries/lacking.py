"""What an application still lacks: one judgement, for the verb and for the page before it."""

from collections.abc import Collection, Mapping

from tongban.cases.errors import Problem
from tongban.cases.queries.file import CaseFile
from tongban.matters import api as matters


def lacking(file: CaseFile) -> tuple[Problem, ...]:
    """Return all that keeps a draft from being handed in online, as ``submit`` would say it."""
    given = {view.material.key for view in file.materials if view.papers}
    return (
        *form_problems(file.edition, file.form),
        *paper_problems(papers_came(file.edition, given)),
    )


def form_problems(edition: matters.EditionView, form: Mapping[str, object]) -> list[Problem]:
    """Return every field that is wrong. No statement."""
    return [
        Problem(path=f"form.{found.path}", code=found.code, message=found.message)
        for found in matters.check_form(edition, form)
    ]


def paper_problems(came: Mapping[str, str]) -> list[Problem]:
    """Return every required material that lacks."""
    return [
        Problem(path=f"paper.{key}", code="paper.missing", message="缺少这项必要材料。")
        for key, how in came.items()
        if how == "missing"
    ]


def papers_came(edition: matters.EditionView, given: Collection[str]) -> dict[str, str]:
    """Return how each material came: electronic, exempt, missing or later; optional ones left out.

    ``given`` are the keys of those with a file. A deferrable one (容缺) that is not there is
    "later", never "missing".
    """
    came: dict[str, str] = {}
    for material in edition.materials:
        if material.key in given:
            came[material.key] = "electronic"
        elif material.exempt:
            came[material.key] = "exempt"
        elif material.necessity == "required":
            came[material.key] = "missing"
        elif material.necessity == "deferrable":
            came[material.key] = "later"
    return came
