"""The kinds of entries: what may stand in the log, with the name that a person reads."""

from dataclasses import dataclass

from tongban.kernel.errors import mark


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind's code, its Chinese name (a source text for translation) and what it proves."""

    code: str
    title: str
    description: str


LOOK = "look"
LOG_OPENED = "log.opened"
POLICY_CHANGED = "policy.changed"

_ALL = (
    EventKind("case.submitted", mark("提交申请"), "The applicant handed the application in."),
    EventKind("case.received", mark("收件"), "An office took it in and gave a slip."),
    EventKind(
        "case.handed_over",
        mark("移交"),
        "The receiving office's node handed the case to the deciding agency's, which took it.",
    ),
    EventKind(
        "case.hand_refused",
        mark("移交被退回"),
        "The deciding agency's node did not take the case that was handed over to it.",
    ),
    EventKind(
        "case.handed_again",
        mark("重新移交"),
        "The receiving office had a case that was not taken handed over once more.",
    ),
    EventKind(
        "case.compared",
        mark("双方核对"),
        "The offices of two nodes compared their records of the case, which had differed.",
    ),
    EventKind("case.arrived", mark("材料到达"), "The papers reached the deciding agency."),
    EventKind("case.correction_asked", mark("一次性告知补正"), "The one notice of what lacks."),
    EventKind("case.corrected", mark("补正"), "The applicant answered the notice."),
    EventKind("case.accepted", mark("受理"), "Accepted; the statutory time runs from here."),
    EventKind("case.declined", mark("不予受理"), "Not accepted, with reasons."),
    EventKind("case.reviewed", mark("审查"), "The deciding agency finished its review."),
    EventKind("case.decided", mark("决定"), "Granted or refused, with reasons."),
    EventKind("case.produced", mark("制证"), "The licence or result was made."),
    EventKind("case.issued", mark("颁发"), "The licence or result was handed down."),
    EventKind("case.closed", mark("办结"), "The agency's work on the case ended."),
    EventKind("case.delivered", mark("送达"), "The result reached the applicant."),
    EventKind("case.withdrawn", mark("撤回申请"), "The applicant withdrew before the decision."),
    EventKind("case.voided", mark("作废"), "A case entered by mistake was voided."),
    EventKind("custody.moved", mark("原件流转"), "An original or a result changed hands."),
    EventKind(LOOK, mark("查阅"), "Someone saw personal data."),
    EventKind("mandate.granted", mark("授权委托"), "A person let another act for them."),
    EventKind("mandate.withdrawn", mark("撤销委托"), "A person took that back."),
    EventKind(LOG_OPENED, mark("启用存证日志"), "A log of this node began, with a key of its own."),
    EventKind(
        POLICY_CHANGED, mark("见证策略变更"), "Whom this node asks to witness its log was changed."
    ),
    EventKind("person.registered", mark("人员登记"), "A person was first registered."),
    EventKind(
        "person.shown_abroad",
        mark("允许异地显示办件"),
        "A person let another government's node show them their cases of this one.",
    ),
    EventKind("person.hidden_abroad", mark("停止异地显示办件"), "A person took that back."),
    EventKind(
        "person.told",
        mark("向其他地区说明身份"),
        "A person let another government's node know who they are, to log in there.",
    ),
    EventKind(
        "person.code_reused",
        mark("登录凭据重复使用"),
        "What a node had been given for such a login was used a second time, and revoked.",
    ),
    EventKind(
        "person.linked",
        mark("关联异地账户"),
        "A person confirmed that an account at another government's node is theirs.",
    ),
    EventKind(
        "person.unlinked", mark("解除关联"), "A person ended the link to an account elsewhere."
    ),
    EventKind(
        "person.logged_in",
        mark("用异地账户登录"),
        "A person logged in here with their account at another government's node.",
    ),
    EventKind("post.granted", mark("岗位授予"), "A post with its powers was given."),
    EventKind("post.changed", mark("岗位变更"), "A post or its powers changed."),
    EventKind("post.ended", mark("岗位终止"), "A post was given a last day, or its holder left."),
    EventKind("erasure.done", mark("清除个人信息"), "A person's keys were destroyed, and why."),
    EventKind(
        "erasure.told",
        mark("异地已清除"),
        "Another government's node said that it has erased a person whom both know.",
    ),
    EventKind("staff.logged_in", mark("工作人员登录"), "A staff member began to act from a post."),
    EventKind("staff.logged_out", mark("工作人员退出"), "A staff member's sign-in was ended."),
    EventKind("staff.login_refused", mark("登录被拒"), "A known staff member was not let in."),
    EventKind("edition.published", mark("实施清单发布"), "A place's edition came into force."),
    EventKind("edition.withdrawn", mark("实施清单停用"), "A place's edition went out of force."),
    EventKind(
        "edition.mirrored",
        mark("实施清单镜像"),
        "Another node published or withdrew an edition, and it was mirrored here.",
    ),
    EventKind(
        "agreement.proposed",
        mark("协议拟签"),
        "An agreement between two nodes waits for the signatures of both; nothing is open by it.",
    ),
    EventKind("agreement.published", mark("协议发布"), "Places opened matters to each other."),
    EventKind("agreement.changed", mark("协议变更"), "An agreement or what it opens changed."),
    EventKind("agreement.ended", mark("协议终止"), "An agreement ended."),
    EventKind("agreement.signed", mark("协议签署"), "A node signed an agreement, or its end."),
    EventKind("node.stated", mark("节点声明"), "This node stated what it hosts, and its keys."),
    EventKind("peer.trusted", mark("采信节点"), "Another government's node was trusted."),
    EventKind(
        "peer.recalled",
        mark("找回消息"),
        "After a restore, messages that this node had lost were put back as a peer had kept them.",
    ),
    EventKind("peer.retired", mark("停用节点"), "Another government's node is trusted no more."),
    EventKind(
        "node.split",
        mark("节点拆分"),
        "Places left this node with their cases, or came to it from the node that they left.",
    ),
    EventKind("setting.changed", mark("地区设定变更"), "A place's own rule was set or changed."),
)

KINDS: dict[str, EventKind] = {kind.code: kind for kind in _ALL}
