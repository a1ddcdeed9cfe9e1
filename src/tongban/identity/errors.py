"""Refusals of this app. None says anything about a person that the asker did not bring along."""

from tongban.kernel.errors import Kind, Refusal, mark


class NameRefused(Refusal):
    """A name is empty, too long, or holds characters that are no part of a name."""

    code = "identity.name_refused"
    what = mark("姓名不能为空，最多 {limit} 个字，且不能含有控制字符等不可见符号。")
    todo = mark("请按证件上的姓名重新填写。")
    kind = Kind.INVALID


class NumberRefused(Refusal):
    """An identity number is not well formed; ``reason`` is one word."""

    code = "identity.number_refused"
    what = mark("证件号码有误（原因代码：{reason}）。")
    todo = mark("请对照证件核对每一位号码。")
    kind = Kind.INVALID


class PhoneRefused(Refusal):
    """A telephone number is not well formed."""

    code = "identity.phone_refused"
    what = mark("电话号码格式有误。")
    todo = mark("请填写手机号，或带国家代码的号码（如 +86 开头）。")
    kind = Kind.INVALID


class NameDiffers(Refusal):
    """The number is registered under another name; which one is not told."""

    code = "identity.name_differs"
    what = mark("该证件号码登记的姓名与所填姓名不一致。")
    todo = mark("请核对姓名和号码；确已改名的，请携带证件到窗口更正。")
    kind = Kind.CONFLICT


class PersonApart(Refusal):
    """Someone who comes with a split has a number that stands here under another id."""

    code = "identity.person_apart"
    what = mark("随拆分而来的人员，其证件号码在本节点已有另一条登记。")
    todo = mark("请用尚无人员登记的新节点接收。")
    kind = Kind.CONFLICT


class PersonMissing(Refusal):
    """No such person, or one who has been erased."""

    code = "identity.person_missing"
    what = mark("没有找到这位办事人。")
    todo = mark("请先办理实名登记。")
    kind = Kind.NOT_FOUND


class ErasureNotYours(Refusal):
    """Somebody other than the operator wants a person erased."""

    code = "identity.erasure_not_yours"
    what = mark("只有系统管理员可以清除个人信息。")
    todo = mark("请把清除申请及其依据交给系统管理员。")
    kind = Kind.FORBIDDEN


class PersonBlocked(Refusal):
    """The person's account is frozen."""

    code = "identity.person_blocked"
    what = mark("该账户已被冻结，暂不能办理。")
    todo = mark("请携带证件到政务服务窗口核实。")
    kind = Kind.FORBIDDEN


class AssuranceTooLow(Refusal):
    """We are not sure enough who the person is."""

    code = "identity.assurance_too_low"
    what = mark("办理本事项需要实名等级 {needed} 级，当前为 {given} 级。")
    todo = mark("请先完成实名认证，或到窗口办理。")
    kind = Kind.LOGIN


class StaffMissing(Refusal):
    """No staff member with this login."""

    code = "identity.staff_missing"
    what = mark("没有这个工作人员账号。")
    todo = mark("请核对账号，或联系管理员。")
    kind = Kind.NOT_FOUND


class PostMissing(Refusal):
    """No post with this id."""

    code = "identity.post_missing"
    what = mark("没有编号为 {post_id} 的岗位。")
    todo = mark("请核对岗位编号，或联系管理员。")
    kind = Kind.NOT_FOUND


class PostEnded(Refusal):
    """The post is not held on that day: not yet, no longer, or the staff member has left."""

    code = "identity.post_ended"
    what = mark("岗位 {post_id} 当日无效：任期未开始、已届满，或人员已离岗。")
    todo = mark("请换用有效岗位登录，或联系管理员。")
    kind = Kind.FORBIDDEN


class RowRepeated(Refusal):
    """A load has the same key twice."""

    code = "identity.row_repeated"
    what = mark("资料中 {row} 出现了两次。")
    todo = mark("请删去重复的一行后再载入。")
    kind = Kind.INVALID


class ReferenceUnknown(Refusal):
    """A row points at something that is not there."""

    code = "identity.reference_unknown"
    what = mark("资料行 {row} 的 {field} 指向不存在的 {value}。")
    todo = mark("请先载入被指向的资料，或更正该行。")
    kind = Kind.INVALID


class ValueRefused(Refusal):
    """A field of a row has a value that it may not have."""

    code = "identity.value_refused"
    what = mark("资料行 {row} 的 {field} 不能是 {value}。")
    todo = mark("请对照资料说明更正该值。")
    kind = Kind.INVALID


class PowerNeedsAgency(Refusal):
    """A post outside any agency is given a power that only an agency has."""

    code = "identity.power_needs_agency"
    what = mark("{row} 不属于任何实施机关，不能有作出决定或颁发证照的权限。")
    todo = mark("请填写所属实施机关，或去掉这些权限（行政许可法第二十二至二十四条）。")
    kind = Kind.RULE


class MandateMissing(Refusal):
    """No mandate between these two persons with this id."""

    code = "identity.mandate_missing"
    what = mark("没有找到这两人之间的有效委托。")
    todo = mark("请委托人先办理授权委托，或核对委托书编号。")
    kind = Kind.NOT_FOUND


class MandateExpired(Refusal):
    """The mandate is not in force on that day."""

    code = "identity.mandate_expired"
    what = mark("该委托的有效期为 {starts_on} 至 {ends_on}，当日不在有效期内。")
    todo = mark("请委托人重新办理授权委托。")
    kind = Kind.RULE


class MandateWithdrawn(Refusal):
    """The mandate has been withdrawn."""

    code = "identity.mandate_withdrawn"
    what = mark("该委托已被撤销。")
    todo = mark("请委托人重新办理授权委托。")
    kind = Kind.RULE


class MandateScope(Refusal):
    """The mandate is for another matter or another case."""

    code = "identity.mandate_scope"
    what = mark("该委托的授权范围不包括本事项或本办件。")
    todo = mark("请委托人办理范围相符的授权委托。")
    kind = Kind.RULE


class MandateRefused(Refusal):
    """A mandate can't be made like this; ``reason`` is one word of rules.MandateFault."""

    code = "identity.mandate_refused"
    what = mark("不能这样委托（原因代码：{reason}）。")
    todo = mark("请核对委托人、受托人、期限、范围和委托书。")
    kind = Kind.INVALID


class MandateNotYours(Refusal):
    """Somebody other than the principal wants to grant a mandate."""

    code = "identity.mandate_not_yours"
    what = mark("只有委托人本人，或由窗口凭其签字的委托书，才能办理委托。")
    todo = mark("请委托人本人登录办理，或携带委托书到窗口。")
    kind = Kind.FORBIDDEN


class LoginCodeRefused(Refusal):
    """A code for a login elsewhere is unknown, used, too old, or not of this node and browser."""

    code = "identity.login_code_refused"
    what = mark("登录凭据无效、已经使用或已经过期。")
    todo = mark("请回到要登录的地方，从头再登录一次。")
    kind = Kind.INVALID


class AssertionReused(Refusal):
    """Another node's proof of who it is came a second time."""

    code = "identity.assertion_reused"
    what = mark("对方节点的身份凭据已经使用过。")
    todo = mark("请回到要登录的地方，从头再登录一次。")
    kind = Kind.FORBIDDEN


class LinkNumberDiffers(Refusal):
    """The account at the other node is linked to somebody with another number."""

    code = "identity.link_number_differs"
    what = mark("您在注册地的证件号码，与本站先前关联的人的号码不一致，没有登录。")
    todo = mark("请携带证件到政务服务窗口核实。")
    kind = Kind.CONFLICT


class LinkUnverified(Refusal):
    """Somebody has this number here, but nobody has verified that it is theirs."""

    code = "identity.link_unverified"
    what = mark("本站有人登记了这个证件号码，但尚未核验，不能关联。")
    todo = mark("请携带证件到政务服务窗口核验身份。")
    kind = Kind.RULE
