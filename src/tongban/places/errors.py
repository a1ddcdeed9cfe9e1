"""Refusals of this app."""

from tongban.kernel.errors import Kind, Refusal, mark


class PlaceMissing(Refusal):
    """No place with this id."""

    code = "places.place_missing"
    what = mark("没有代码为 {place_id} 的地区。")
    todo = mark("请核对地区代码，或先载入行政区划数据。")
    kind = Kind.NOT_FOUND


class AgencyMissing(Refusal):
    """No agency with this id."""

    code = "places.agency_missing"
    what = mark("没有编号为 {agency_id} 的实施机关。")
    todo = mark("请核对编号，或先载入实施机关数据。")
    kind = Kind.NOT_FOUND


class OfficeMissing(Refusal):
    """No office with this id."""

    code = "places.office_missing"
    what = mark("没有编号为 {office_id} 的政务服务中心或便民点。")
    todo = mark("请核对编号，或先载入办事场所数据。")
    kind = Kind.NOT_FOUND


class CalendarMissing(Refusal):
    """No calendar of this name has been loaded."""

    code = "places.calendar_missing"
    what = mark("名为 {name} 的工作日历尚未载入，无法计算时限。")
    todo = mark("请管理员载入工作日历后再试。")
    kind = Kind.UNAVAILABLE


class RowRepeated(Refusal):
    """A load has the same key twice."""

    code = "places.row_repeated"
    what = mark("资料中 {row} 出现了两次。")
    todo = mark("请删去重复的一行后再载入。")
    kind = Kind.INVALID


class ReferenceUnknown(Refusal):
    """A row points at something that is not there."""

    code = "places.reference_unknown"
    what = mark("资料行 {row} 的 {field} 指向不存在的 {value}。")
    todo = mark("请先载入被指向的资料，或更正该行。")
    kind = Kind.INVALID


class PlaceLoop(Refusal):
    """A place would stand above itself."""

    code = "places.loop"
    what = mark("地区 {row} 的上级关系首尾相接，成了一个圈。")
    todo = mark("请更正上级地区。")
    kind = Kind.INVALID


class ValueRefused(Refusal):
    """A field of a row has a value that does not exist."""

    code = "places.value_refused"
    what = mark("资料行 {row} 的 {field} 不能是 {value}。")
    todo = mark("请对照资料说明更正该值。")
    kind = Kind.INVALID


class MayNotLicense(Refusal):
    """A body that may only receive is entered as deciding licences."""

    code = "places.may_not_license"
    what = mark("{row} 不是法定机关或法律授权的组织，不能以自己的名义作出许可决定。")
    todo = mark("请更正主体性质，或把“可作出许可决定”改为否（行政许可法第二十二至二十四条）。")
    kind = Kind.RULE
