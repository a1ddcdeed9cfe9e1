"""Refusals of this app."""

from tongban.kernel.errors import Kind, Refusal, mark


class ItemUnknown(Refusal):
    """No such paper in custody."""

    code = "delivery.item_unknown"
    what = mark("没有找到这份原件或结果的保管记录。")
    todo = mark("请回到列表重新选择。")
    kind = Kind.NOT_FOUND


class ItemExists(Refusal):
    """A paper of that name is already in custody for the same subject."""

    code = "delivery.item_exists"
    what = mark("“{label}”已有在保管中的记录。")
    todo = mark("请核对列表；份数不同的，请先办结已有记录。")
    kind = Kind.CONFLICT


class ItemInvalid(Refusal):
    """The name or the number of copies can't be."""

    code = "delivery.item_invalid"
    what = mark("保管记录须写明名称（200 字以内）和份数（1 至 99 份）。")
    todo = mark("请改正后再试。")
    kind = Kind.INVALID


class Stale(Refusal):
    """Somebody moved the paper after this page was made."""

    code = "delivery.stale"
    what = mark("这份材料的保管状态已有变化。")
    todo = mark("请刷新后再试。")
    kind = Kind.CONFLICT


class NotHolder(Refusal):
    """Who acts does not stand where this move is made from."""

    code = "delivery.not_holder"
    what = mark("这份材料目前不由您所在的单位经手，不能进行这一步。")
    todo = mark("请由保管、寄出或收件的单位办理。")
    kind = Kind.FORBIDDEN


class NotNow(Refusal):
    """The move does not follow the state."""

    code = "delivery.not_now"
    what = mark("材料处于“{state}”状态时不能进行这一步。")
    todo = mark("请刷新后按当前状态办理。")
    kind = Kind.RULE


class AddresseeWrong(Refusal):
    """The addressee is missing, or cannot be one of this move."""

    code = "delivery.addressee_wrong"
    what = mark("收件方不对：寄送须有收件的单位或本人，不能寄给现在的保管方。")
    todo = mark("请核对收件方后再试。")
    kind = Kind.INVALID


class WaybillInvalid(Refusal):
    """The carrier or the waybill number cannot be one."""

    code = "delivery.waybill_invalid"
    what = mark("须写明承运单位，运单号须为 6 至 40 位大写字母、数字或短横线。")
    todo = mark("请对照面单改正。")
    kind = Kind.INVALID


class ExpectedByPast(Refusal):
    """The day by which a parcel is expected lies before today."""

    code = "delivery.expected_by_past"
    what = mark("预计送达日不能早于今天。")
    todo = mark("请改为今天或以后的日期。")
    kind = Kind.INVALID


class MoveUnfit(Refusal):
    """Another node tells of a move that can't follow what this node knows of the paper."""

    code = "delivery.move_unfit"
    what = mark("对方节点登记的流转（第 {seq} 步）与本节点的记录不衔接。")
    todo = mark("请与对方核对这份材料在谁手里；双方的记录都已保留。")
    kind = Kind.CONFLICT
