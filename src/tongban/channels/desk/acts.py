"""The acts that the desk offers, as data: what each is called, asks, and hands to its verb.

A panel is offered exactly for the verbs that ``CaseFile.verbs`` holds; what may be done, and when,
is decided there and in the verb.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict

from tongban.cases import api as cases
from tongban.cases.api import Done, Verb
from tongban.channels.desk import notice
from tongban.channels.desk.errors import AnswerMissing, Unconfirmed
from tongban.kernel.acting import Acting, Presence
from tongban.kernel.errors import mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One form as it was sent: for whom, on which case, what was seen, what was typed."""

    acting: Acting
    case_id: str
    seq: int
    key: str
    slug: str
    post: QueryDict

    def text(self, name: str) -> str:
        """Return what was typed into ``<slug>-<name>``."""
        return self.post.get(f"{self.slug}-{name}", "").replace("\r\n", "\n").strip()

    def grants(self) -> bool:
        """Return the answer to grant or refuse; AnswerMissing."""
        chosen = self.post.get(f"{self.slug}-grant", "")
        if chosen not in {"yes", "no"}:
            raise AnswerMissing
        return chosen == "yes"

    def confirmed(self) -> bool:
        """Tell whether the box that confirms was ticked."""
        return self.post.get(f"{self.slug}-confirm") == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act.

    ``confirm`` is what its box says, "" where it needs none; ``done`` what is said afterwards;
    ``main`` tells that it is the next step of a case, to be shown first.
    """

    slug: str
    verb: Verb
    label: str
    done: str
    run: Callable[[Sent], Done]
    confirm: str = ""
    grave: bool = False
    main: bool = True


def perform(act: Act, sent: Sent) -> Done:
    """Run the act's verb; Unconfirmed first where a confirmation is due, and the verb's own."""
    if act.confirm and not sent.confirmed():
        raise Unconfirmed
    return act.run(sent)


def _arrive(sent: Sent) -> Done:
    return cases.arrive(acting=sent.acting, case_id=sent.case_id, seq=sent.seq, key=sent.key)


def _accept(sent: Sent) -> Done:
    return cases.accept(acting=sent.acting, case_id=sent.case_id, seq=sent.seq, key=sent.key)


def _ask(sent: Sent) -> Done:
    return cases.ask_correction(
        acting=sent.acting,
        case_id=sent.case_id,
        seq=sent.seq,
        wanted=notice.read(sent.post),
        key=sent.key,
    )


def _decline(sent: Sent) -> Done:
    return cases.decline(
        acting=sent.acting,
        case_id=sent.case_id,
        seq=sent.seq,
        reason=sent.text("reason"),
        key=sent.key,
    )


def _review(sent: Sent) -> Done:
    return cases.review(
        acting=sent.acting,
        case_id=sent.case_id,
        seq=sent.seq,
        grant=sent.grants(),
        opinion=sent.text("reason"),
        key=sent.key,
    )


def _decide(sent: Sent) -> Done:
    return cases.decide(
        acting=sent.acting,
        case_id=sent.case_id,
        seq=sent.seq,
        grant=sent.grants(),
        reason=sent.text("reason"),
        key=sent.key,
    )


def _produce(sent: Sent) -> Done:
    return cases.produce(
        acting=sent.acting,
        case_id=sent.case_id,
        seq=sent.seq,
        licence_number=sent.text("number"),
        key=sent.key,
    )


def _issue(sent: Sent) -> Done:
    return cases.issue(acting=sent.acting, case_id=sent.case_id, seq=sent.seq, key=sent.key)


def _close(sent: Sent) -> Done:
    return cases.close(acting=sent.acting, case_id=sent.case_id, seq=sent.seq, key=sent.key)


def _deliver(sent: Sent) -> Done:
    # The box confirms that the person's document was seen; without it ``perform`` stops.
    seen = replace(sent.acting, presence=Presence.DOCUMENT_SEEN)
    return cases.deliver(acting=seen, case_id=sent.case_id, seq=sent.seq, key=sent.key)


_ROWS = (
    Act(
        slug="arrive",
        verb=Verb.ARRIVE,
        label=mark("材料已送达"),
        done=mark("已记录材料送达，答复期限开始计算。"),
        run=_arrive,
    ),
    Act(
        slug="accept",
        verb=Verb.ACCEPT,
        label=mark("受理"),
        done=mark("已受理，办理时限开始计算。"),
        run=_accept,
    ),
    Act(
        slug="ask-correction",
        verb=Verb.ASK_CORRECTION,
        label=mark("一次性告知补正"),
        done=mark("补正告知书已发出，等待申请人补正。"),
        run=_ask,
        confirm=mark("已列明全部需要补正的内容；再次告知时不得增加新的要求。"),
        main=False,
    ),
    Act(
        slug="decline",
        verb=Verb.DECLINE,
        label=mark("决定不予受理"),
        done=mark("已作出不予受理决定。"),
        run=_decline,
        confirm=mark("确认不予受理；申请人随即可以看到决定书，不能撤销。"),
        grave=True,
        main=False,
    ),
    Act(
        slug="review",
        verb=Verb.REVIEW,
        label=mark("审查"),
        done=mark("审查意见已提交，等待决定。"),
        run=_review,
    ),
    Act(
        slug="decide",
        verb=Verb.DECIDE,
        label=mark("作出决定"),
        done=mark("决定已作出，申请人可以看到决定书。"),
        run=_decide,
        confirm=mark("确认作出以上决定；申请人随即可以看到决定书，不能撤销。"),
    ),
    Act(
        slug="produce",
        verb=Verb.PRODUCE,
        label=mark("制证"),
        done=mark("已制证，结果由本机关保管。"),
        run=_produce,
    ),
    Act(slug="issue", verb=Verb.ISSUE, label=mark("颁发"), done=mark("已颁发。"), run=_issue),
    Act(slug="close", verb=Verb.CLOSE, label=mark("办结"), done=mark("已办结。"), run=_close),
    Act(
        slug="deliver",
        verb=Verb.DELIVER,
        label=mark("当面送达"),
        done=mark("已送达，送达回证已生成。"),
        run=_deliver,
        confirm=mark("已当面核验领取人的身份证件，结果已交到本人手中。"),
    ),
)

ACTS: Mapping[str, Act] = {act.slug: act for act in _ROWS}
"""The acts by slug, in the order of a case's life."""
