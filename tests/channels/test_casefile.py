"""How a case looks, the same at portal, window and desk."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from support import scene
from support.scene import TONGZHOU, Walk, walk_to
from tongban.cases import api as cases
from tongban.cases.api import CaseFile, State
from tongban.channels import casefile
from tongban.delivery import api as delivery
from tongban.kernel.acting import Acting
from tongban.kernel.clock import held_at
from tongban.kernel.workdays import Limit, Unit

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def read(walk: Walk, acting: Acting | None = None) -> CaseFile:
    return cases.case_file(
        acting=acting or walk.applicant, case_id=walk.done.case_id, purpose="test"
    )


def labels(file: CaseFile) -> list[tuple[str, str]]:
    return [(step.label, step.state) for step in casefile.steps(file)]


def test_every_state_has_words() -> None:
    assert {casefile.state_words(state).label for state in State} == {
        "草稿，尚未提交",
        "已提交，等待受理",
        "已收件，等待受理",
        "等待补正",
        "已受理，正在审查",
        "已审查，等待决定",
        "准予，正在制证",
        "不予批准",
        "已制证，等待颁发",
        "已颁发",
        "不予受理",
        "已办结，等待送达",
        "已送达",
        "已撤回",
        "已作废",
    }


@pytest.mark.parametrize("state", [State.CLOSED, State.DELIVERED])
@pytest.mark.parametrize("outcome", ["refused", "declined"])
def test_an_end_against_the_applicant_is_not_shown_as_a_good_one(
    state: State, outcome: str
) -> None:
    words = casefile.state_words(state, outcome)
    assert words.tone == "bad"
    assert words.label.startswith({"refused": "不予批准", "declined": "不予受理"}[outcome])
    assert casefile.state_words(state, "granted").tone == "good"


@pytest.mark.parametrize(
    ("unit", "chinese"),
    [
        (Unit.WORKING_DAYS, "5 个工作日"),
        (Unit.CALENDAR_DAYS, "5 日"),
        (Unit.HOURS, "5 小时"),
        (Unit.MONTHS, "5 个月"),
    ],
)
def test_a_limit_names_its_unit(unit: Unit, chinese: str) -> None:
    assert casefile.limit_words(Limit(5, unit)) == chinese


def test_what_has_no_english_says_that_it_is_chinese() -> None:
    assert casefile.either("执照", "Licence") == ("执照", "")
    with translation.override("en"):
        assert casefile.either("执照", "Licence") == ("Licence", "")
        assert casefile.either("执照", "") == ("执照", "zh-Hans")
        assert casefile.either("", "") == ("", "")


def test_the_clock_counts_down_to_the_answer_and_past_it() -> None:
    with held_at(MONDAY):
        walk = walk_to(State.SUBMITTED)
        assert casefile.clock_sentence(read(walk)) == (
            "最迟 2026年3月9日 答复是否受理，还有 5 个工作日。"
        )
    for days, words in ((7, "今天到期"), (8, "已超过 1 个工作日")):
        with held_at(MONDAY + timedelta(days=days)):
            file = read(walk)
            assert casefile.clock_sentence(file) == f"最迟 2026年3月9日 答复是否受理，{words}。"
            clock = casefile.clock(file)
            assert clock is not None
            assert (clock.light, clock.days_over) == ("red", days - 7)


def test_the_clock_of_the_decision_names_promise_and_law() -> None:
    with held_at(MONDAY):
        file = read(walk_to(State.ACCEPTED))
    clock = casefile.clock(file)
    assert clock is not None
    assert clock.basis == "承诺时限 1 个工作日（法定时限 3 个工作日），自受理次日起计算。"
    assert casefile.clock_title(file) == "决定期限"


def test_the_clock_of_handing_down_names_its_limit() -> None:
    with held_at(MONDAY):
        file = read(walk_to(State.GRANTED))
        assert casefile.clock_sentence(file) == (
            "最迟 2026年3月16日 颁发、寄出结果，还有 10 个工作日。"
        )
    clock = casefile.clock(file)
    assert clock is not None
    assert clock.basis == "自作出决定次日起 10 个工作日内颁发、送达。"
    assert casefile.clock_title(file) == "送达期限"


@pytest.mark.parametrize("state", [State.DRAFT, State.CORRECTING, State.CLOSED, State.DELIVERED])
def test_no_clock_runs_then(state: State) -> None:
    file = read(walk_to(state))
    assert casefile.clock(file) is None
    told = casefile.clock_sentence(file)
    assert told == ("等待申请人补正；补正期间不计入办理时限。" if state is State.CORRECTING else "")


def test_the_steps_of_a_case_on_its_way() -> None:
    assert labels(read(walk_to(State.ACCEPTED))) == [
        ("提交申请", "done"),
        ("受理", "done"),
        ("审查", "current"),
        ("决定", "todo"),
        ("制证颁发", "todo"),
        ("送达", "todo"),
    ]
    assert labels(read(walk_to(State.RECEIVED, mode="received")))[0] == ("窗口收件", "done")
    assert [state for _, state in labels(read(walk_to(State.DELIVERED)))] == ["done"] * 6


def test_a_refused_case_makes_no_licence() -> None:
    assert labels(read(walk_to(State.REFUSED))) == [
        ("提交申请", "done"),
        ("受理", "done"),
        ("审查", "done"),
        ("决定", "failed"),
        ("送达", "current"),
    ]
    assert labels(read(walk_to(State.DECLINED))) == [
        ("提交申请", "done"),
        ("受理", "failed"),
        ("送达", "current"),
    ]


def test_a_withdrawn_case_ends_where_it_was() -> None:
    walk = walk_to(State.ACCEPTED)
    cases.withdraw(
        acting=walk.applicant,
        case_id=walk.done.case_id,
        seq=walk.done.seq,
        reason="",
        key=scene.key(),
    )
    assert labels(read(walk)) == [("提交申请", "done"), ("受理", "done"), ("已撤回", "failed")]


def test_the_opinion_is_read_by_the_agency_alone() -> None:
    walk = walk_to(State.REVIEWED)

    def notes(acting: Acting) -> str:
        file = read(walk, acting)
        rows = casefile.timeline(file, casefile.known_actors(file))
        return "\n".join(row.note for row in rows)

    assert "建议准予：材料齐全，符合法定形式。" in notes(walk.officer)
    assert "材料齐全" not in notes(walk.applicant)


def test_the_events_run_from_the_newest_or_the_oldest() -> None:
    file = read(walk_to(State.ACCEPTED))
    actors = casefile.known_actors(file)
    newest = [row.title for row in casefile.timeline(file, actors)]
    assert newest == ["已受理", "申请已提交", "开始填写申请"]
    oldest = [row.title for row in casefile.timeline(file, actors, newest_first=False)]
    assert oldest == newest[::-1]


def test_each_event_leads_to_its_documents() -> None:
    file = read(walk_to(State.ACCEPTED))
    accepted, submitted, begun = casefile.timeline(file, casefile.known_actors(file))
    assert [one.name.split()[0] for one in accepted.documents] == ["受理通知书"]
    assert {one.name.split()[0] for one in submitted.documents} == {"服务同意书", "收件告知单"}
    assert begun.documents == ()


def test_an_original_tells_where_it_is_and_when_it_is_late() -> None:
    with held_at(MONDAY):
        walk = walk_to(State.RECEIVED, mode="received")
        (item,) = delivery.items_of(("case", walk.done.case_id))
        cases.dispatch(
            acting=walk.window,
            case_id=walk.done.case_id,
            item_id=item.id,
            seq=item.seq,
            carrier="中国邮政速递",
            waybill="EM123456789CN",
        )
        file = read(walk)
    moves = casefile.known_moves(file)
    actors = casefile.known_actors(file, moves=moves)
    assert file.custody[0].expected_by is not None
    due = file.custody[0].expected_by
    (in_time,) = casefile.custody_rows(file, moves, actors, due)
    (late,) = casefile.custody_rows(file, moves, actors, due + timedelta(days=1))
    assert (in_time.overdue, in_time.tone, late.overdue, late.tone) == (
        False,
        "active",
        True,
        "bad",
    )
    assert [move.text for move in in_time.moves] == [
        "大厂回族自治县政务服务中心收存",
        "准备寄往北京市通州区市场监督管理局",
        "由大厂回族自治县政务服务中心寄出",
    ]
    assert in_time.moves[-1].waybill == "中国邮政速递 EM123456789CN"
    assert in_time.holder == "中国邮政速递（承运）"


def test_the_form_is_read_in_the_words_of_its_questions() -> None:
    file = read(walk_to(State.SUBMITTED, place=TONGZHOU))
    said = {fact.label: fact.value for part in casefile.form_facts(file) for fact in part.facts}
    assert said["组成形式"] == "个人经营"
    assert said["从业人数（人）"] == "2"
    assert "备选名称" not in said  # left empty
    assert dict(casefile.form_fields(file))["second_name"].value == ""
