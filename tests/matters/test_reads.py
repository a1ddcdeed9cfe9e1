"""Reads of the catalogue, with their number of statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from matters.catalogue import (
    BUREAU,
    CARD,
    CENTRE,
    COUNTY,
    DISTRICT,
    NURSE,
    content,
    edition_file,
    put_places,
)
from tongban.kernel.workdays import Limit, Unit
from tongban.matters import api, errors
from tongban.matters.models import Edition

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    put_places()
    api.put_matters([NURSE, CARD], apply=True)
    api.put_editions(
        [
            edition_file(),
            edition_file(matter_code=CARD.code, agency_id=CENTRE, handle_item_code="512B"),
            edition_file(
                matter_code=CARD.code, agency_id=CENTRE, place_id=DISTRICT, handle_item_code=""
            ),
        ],
        apply=True,
    )


def nurse() -> api.EditionView:
    return api.open_edition(matter_code=NURSE.code, place_id=COUNTY)


def found(*, place_id: str | None = None, text: str = "") -> list[tuple[str, str]]:
    rows = api.editions_for(place_id=place_id, text=text)
    return [(row.matter_code, row.place_id) for row in rows]


def test_an_edition_says_all_that_a_place_said() -> None:
    edition = nurse()
    assert (edition.title, edition.task_type, edition.place_id) == ("护士执业注册", "01", COUNTY)
    assert (edition.agency_id, edition.version) == (BUREAU, 1)
    assert edition.modes == (api.Mode.ONLINE, api.Mode.RECEIVED)
    assert edition.decision_kind is api.DecisionKind.LICENCE
    assert edition.decision_words.granted == "准予行政许可"
    assert edition.silence_accepts is True
    assert edition.statutory == api.LimitView(
        limit=Limit(20, Unit.WORKING_DAYS), basis="行政许可法第四十二条", sample=False
    )
    assert edition.promised == api.LimitView(
        limit=Limit(7, Unit.WORKING_DAYS), basis="", sample=True
    )
    assert edition.extension is None
    assert edition.receive_answer_limit == Limit(5, Unit.WORKING_DAYS)
    assert edition.deliver_limit == Limit(10, Unit.WORKING_DAYS)
    assert edition.samples == ("materials.id_card", "promised")
    assert [material.key for material in edition.materials] == ["diploma", "id_card"]
    diploma = edition.material("diploma")
    assert diploma is not None
    assert (diploma.originals, diploma.copies, diploma.exempt) == (1, 0, False)
    assert edition.material("photo") is None
    assert edition.result.form is api.MaterialForm.EITHER
    assert edition.fee == api.Fee(charged=False, text="", text_en="", basis="", sample=False)


def test_silence_does_not_accept_a_public_service() -> None:
    card = api.open_edition(matter_code=CARD.code, place_id=COUNTY)
    assert card.silence_accepts is False
    assert card.decision_words.refused == "不予办理"


def test_a_published_edition_is_read_from_the_database_once() -> None:
    edition_id = Edition.objects.get(matter_id=NURSE.code).id
    with CaptureQueriesContext(connection) as first:
        api.edition(edition_id)
    with CaptureQueriesContext(connection) as again:
        api.edition(edition_id)
    assert (len(first), len(again)) == (1, 0)


def test_a_draft_is_read_anew() -> None:
    draft = edition_file(version=2, state=api.EditionState.DRAFT)
    api.put_editions([draft], apply=True)
    edition_id = Edition.objects.get(matter_id=NURSE.code, version=2).id
    assert api.edition(edition_id).conditions == "具有完全民事行为能力"
    changed = edition_file(
        version=2, state=api.EditionState.DRAFT, content=content(conditions="改")
    )
    api.put_editions([changed], apply=True)
    assert api.edition(edition_id).conditions == "改"


def test_a_withdrawn_edition_stays_readable_but_takes_nothing_new() -> None:
    old = nurse()
    assert api.require_open(old.id) is old
    api.put_editions([edition_file(version=2)], apply=True)
    assert api.edition(old.id) is old
    with pytest.raises(errors.EditionNotOpen):
        api.require_open(old.id)
    assert nurse().version == 2


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(errors.EditionUnknown):
        api.edition("none")
    with pytest.raises(errors.EditionUnknown):
        api.open_edition(matter_code=NURSE.code, place_id=DISTRICT)
    with pytest.raises(errors.MatterUnknown):
        api.matter("none")


def test_the_list_is_of_one_place_or_of_all_in_one_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        everywhere = found()
    assert len(asked) == 1
    assert everywhere == [(CARD.code, DISTRICT), (CARD.code, COUNTY), (NURSE.code, COUNTY)]
    assert found(place_id=DISTRICT) == [(CARD.code, DISTRICT)]
    assert api.editions_for(limit=1)[0].modes == (api.Mode.ONLINE, api.Mode.RECEIVED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("护士", [NURSE.code]),
        ("护士 注册", [NURSE.code]),
        ("护士证", [NURSE.code]),  # an alias
        ("NURSE", [NURSE.code]),
        ("ＮＵＲＳＥ", [NURSE.code]),  # full width
        ("nurse-reg", [NURSE.code]),
        ("511a0012", [NURSE.code]),
        ("护士 参保", []),
        ("%", []),
        ("_", []),
        ("打印", [CARD.code, CARD.code]),
    ],
)
def test_a_text_is_found_in_titles_aliases_and_codes(text: str, expected: list[str]) -> None:
    assert [code for code, _ in found(text=text)] == expected


def test_a_title_that_holds_the_text_comes_first() -> None:
    other = api.MatterRow(
        code="aid", title="义务帮扶", title_en="Aid", task_type="20", aliases=("护士帮扶",)
    )
    api.put_matters([other], apply=True)
    api.put_editions([edition_file(matter_code="aid", agency_id=CENTRE)], apply=True)
    assert found(text="护士") == [(NURSE.code, COUNTY), ("aid", COUNTY)]


def test_a_form_is_checked_in_plain_words_without_a_statement() -> None:
    edition = nurse()
    with CaptureQueriesContext(connection) as asked, translation.override("zh-hans"):
        problems = api.check_form(edition, {"name": "字" * 51, "number": "1"})
    assert len(asked) == 0
    assert problems == (
        api.FieldProblem(path="name", code="maxLength", message="最多填写 50 个字"),
        api.FieldProblem(
            path="number", code="resident-number", message="身份证号码有误，请逐位核对"
        ),
    )
