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


class NothingToSign(Refusal):
    """The agreement waits for no signature of this kind."""

    code = "agreements.nothing_to_sign"
    what = mark("协议 {agreement_id} 目前没有需要签署的内容。")
    todo = mark("请用 tongban agreement show 查看其状态。")
    kind = Kind.CONFLICT


class SignedTwice(Refusal):
    """The node has signed this already."""

    code = "agreements.signed_twice"
    what = mark("节点 {node} 已经签署过协议 {agreement_id}。")
    todo = mark("无需再次签署；请用 tongban agreement show 查看其状态。")
    kind = Kind.CONFLICT


class SignerForeign(Refusal):
    """A node signs for places that it doesn't host, or for an agreement that isn't ours."""

    code = "agreements.signer_foreign"
    what = mark("节点 {node} 不承载协议 {agreement_id} 的签约地区，或该协议与本节点无关。")
    todo = mark("请核对双方的节点文件；未写入任何内容。")
    kind = Kind.FORBIDDEN


class SignatureUnfit(Refusal):
    """What was signed isn't this text, this agreement, or has another form."""

    code = "agreements.signature_unfit"
    what = mark("签名与协议 {agreement_id} 的文本不符。")
    todo = mark("请对方核对文本后重新签署；未写入任何内容。")
    kind = Kind.INVALID


class TextDiffers(Refusal):
    """Two nodes hold different texts of one agreement."""

    code = "agreements.text_differs"
    what = mark("协议 {agreement_id} 在双方节点的文本不同。")
    todo = mark("请双方核对文本（tongban agreement show），一致后重新签署。")
    kind = Kind.CONFLICT


class EndUnfit(Refusal):
    """The last day lies in the past, or beyond the agreement's own."""

    code = "agreements.end_unfit"
    what = mark("协议 {agreement_id} 不能以 {ends_on} 为最后一日。")
    todo = mark("请选择今天或以后、且不晚于协议截止日的日期。")
    kind = Kind.RULE


class EndDiffers(Refusal):
    """The other node has given notice of another day."""

    code = "agreements.end_differs"
    what = mark("协议 {agreement_id} 已有另一个终止日期的通知：{ends_on}。")
    todo = mark("请双方商定同一天；同意对方日期的，用 tongban agreement sign 签署。")
    kind = Kind.CONFLICT
