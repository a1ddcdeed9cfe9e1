"""Refusals of this app."""

from tongban.kernel.errors import Kind, Refusal, mark


class NoAgreement(Refusal):
    """No agreement opens the matter between these places in this mode on that day."""

    code = "agreements.none"
    what = mark("目前没有合作协议开通该事项在两地之间以这种方式办理。")
    todo = mark("请改用其他办理方式，或到办理地申请。")
    kind = Kind.RULE


class AgreementEnded(Refusal):
    """The matter was open, and no longer is."""

    code = "agreements.ended"
    what = mark("协议“{agreement_title}”对该事项的开通已于 {ended_on} 终止。")
    todo = mark("请改用其他办理方式，或到办理地申请。")
    kind = Kind.RULE


class ActNotGranted(Refusal):
    """The agreement opens the matter but does not grant this act."""

    code = "agreements.act_not_granted"
    what = mark("协议“{agreement_title}”没有授予收件地“{act}”的权限。")
    todo = mark("请由办理地办理这一步。")
    kind = Kind.FORBIDDEN


class AgreementInvalid(Refusal):
    """An agreement's data break its form or the law."""

    code = "agreements.invalid"
    what = mark("协议 {agreement_id} 的数据有误：{problems}")
    todo = mark("请改正后重新载入；未写入任何内容。")
    kind = Kind.INVALID


class AgreementUnlawful(Refusal):
    """An agreement grants what no agreement of windows can grant."""

    code = "agreements.unlawful"
    what = mark(
        "协议 {agreement_id} 授予了收件、一次性告知、原件核验、结果送达以外的权限：{acts}"
        "（行政许可法第二十四条）。"
    )
    todo = mark("请删去这些权限；受理和决定只能由办理地作出。")
    kind = Kind.RULE


class EndGoesBack(Refusal):
    """An ended agreement cannot come back into force."""

    code = "agreements.end_goes_back"
    what = mark("协议 {agreement_id} 已经终止，不能恢复。")
    todo = mark("请另立一份新协议。")
    kind = Kind.CONFLICT
