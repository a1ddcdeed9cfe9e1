"""Made-up rows for every part, in both languages: what the specimen pages show."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tongban.channels.parts import (
    Cell,
    Choice,
    Clock,
    Column,
    CustodyRow,
    DocumentLink,
    Fact,
    Field,
    FileField,
    HappeningRow,
    MaterialRow,
    MoveRow,
    NavItem,
    Pager,
    Step,
    Table,
)
from tongban.channels.schema_form import Prefill, build_form
from tongban.matters.api import FieldProblem

_Say = Callable[[str, str], str]
"""Chooses the Chinese or the English words."""

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["business_name", "organisation_form", "capital", "operator_phone", "pledge"],
    "x-sections": [
        {
            "title": "经营情况",
            "title_en": "The business",
            "fields": ["business_name", "organisation_form", "family_members", "scope", "capital"],
        },
        {
            "title": "联系方式与承诺",
            "title_en": "Contact and pledge",
            "fields": ["operator_phone", "opens_on", "industry", "pledge"],
        },
    ],
    "allOf": [
        {
            "if": {"properties": {"organisation_form": {"const": "family"}}},
            "then": {"required": ["family_members"]},
        }
    ],
    "properties": {
        "business_name": {
            "type": "string",
            "title": "字号名称",
            "x-title-en": "Business name",
            "x-help": "行政区划、字号、行业、组织形式依次写，例如：大厂回族自治县清风小吃店。",
            "x-help-en": "Place, trade name, line of business and form, in Chinese.",
            "maxLength": 60,
        },
        "organisation_form": {
            "type": "string",
            "title": "组成形式",
            "x-title-en": "Form of the business",
            "oneOf": [
                {"const": "personal", "title": "个人经营", "x-title-en": "Personal"},
                {"const": "family", "title": "家庭经营", "x-title-en": "Family-run"},
            ],
        },
        "family_members": {
            "type": "string",
            "title": "参加经营的家庭成员",
            "x-title-en": "Family members who take part",
            "maxLength": 200,
        },
        "scope": {
            "type": "string",
            "title": "经营范围",
            "x-title-en": "Scope of business",
            "maxLength": 500,
        },
        "capital": {
            "type": "integer",
            "title": "资金数额（元）",
            "x-title-en": "Capital (CNY)",
            "x-help": "人民币，填整数。",
            "x-help-en": "In yuan, a whole number.",
        },
        "operator_phone": {
            "type": "string",
            "title": "经营者手机号码",
            "x-title-en": "Operator's mobile number",
            "x-prefill": "person.phone",
            "format": "mobile",
            "maxLength": 11,
        },
        "opens_on": {
            "type": "string",
            "title": "开业日期",
            "x-title-en": "Opening day",
            "x-prefill": "person.born_on",
            "format": "date",
        },
        "industry": {
            "type": "string",
            "title": "行业",
            "enum": ["零售", "餐饮", "住宿", "居民服务", "批发", "其他服务"],
        },
        "pledge": {
            "type": "boolean",
            "const": True,
            "title": "我承诺所填内容和提交的材料真实、合法、有效",
            "x-title-en": "I pledge that what I fill in and hand in is true, lawful and valid",
        },
    },
}

_DOCUMENTS = (
    DocumentLink(
        name="租赁合同（盖章页）.pdf", url="/file.pdf", media_type="application/pdf", size="1.2 MB"
    ),
)


def rows(language: str) -> dict[str, Any]:
    """Return the context of the specimen pages in "zh-hans" or "en"."""

    def t(chinese: str, english: str) -> str:
        return english if language == "en" else chinese

    return {
        "nav": [
            NavItem(label=t("办事", "Matters"), url="/", current=True),
            NavItem(label=t("我的办件", "My applications"), url="/mine", count=2),
            NavItem(label=t("委托", "Mandates"), url="/mandates"),
            NavItem(label=t("查阅记录", "Who looked at my data"), url="/looks"),
        ],
        "crumbs": [
            NavItem(label=t("首页", "Home"), url="/"),
            NavItem(label=t("我的办件", "My applications"), url="/mine"),
            NavItem(label=t("个体工商户设立登记", "Register a business"), url="", current=True),
        ],
        "where": t("廊坊市大厂回族自治县政务服务中心", "Dachang Government Service Centre"),
        "account_name": t("张*", "Zhang *"),
        "clocks": _clocks(t),
        "steps": _steps(t),
        "events": _events(t),
        "items": _custody(t),
        "facts": _facts(t),
        "table": _table(t),
        "pager": Pager(first_url="/?", previous_url="/?before=a", next_url="/?after=b", shown=20),
        "materials": _materials(t),
        "checks": _checks(t),
        "document": _DOCUMENTS[0],
        "file": FileField(
            name="premises",
            label=t("场所使用证明", "Proof of premises"),
            help=t("租赁合同或产权证，每页都要清楚。", "A lease or title, every page legible."),
            problem=t(
                "这个文件不是 PDF,只是名字像。", "This is no PDF, it is only named like one."
            ),
            required=True,
            documents=(
                DocumentLink(
                    name="租赁合同.pdf", url="/file.pdf", size="1.2 MB", remove_url="/remove"
                ),
            ),
        ),
        "form": build_form(
            SCHEMA,
            language=language,
            values={"organisation_form": "family", "operator_phone": "13800000000"},
            problems=(
                FieldProblem(path="business_name", code="required", message=t("必填", "required")),
                FieldProblem(path="capital", code="minimum", message=t("不得小于 0", "at least 0")),
                FieldProblem(path="organisation_form", code="enum", message=t("请选择", "choose")),
                FieldProblem(path="pledge", code="required", message=t("必填", "required")),
            ),
            prefills={
                "person.phone": Prefill(value="13800000000", source=t("实名账户", "your account")),
                "person.born_on": Prefill(value=None, absent_since="09:30"),
            },
        ),
        "hidden": (("seq", "4"),),
        "fields": (
            Field(name="reason", label=t("理由", "Reason"), kind="textarea", required=True),
        ),
        "paper": {
            "issuer": "大厂回族自治县行政审批局",
            "number": "大审批补字〔2026〕第000123号",
            "title": "申请材料补正告知书",
            "addressee": "张某某",
            "issued_on": date(2026, 11, 20),
            "foot": "本文书一式两份，一份交申请人，一份存档。",
            "sample": True,
            "lang": "zh-Hans",
        },
        "post": {
            "title": t("市场准入科 审查岗", "Market access, reviewing officer"),
            "staff_name": "王敏",
        },
    }


def _clocks(t: _Say) -> list[Clock]:
    due = date(2026, 12, 18)
    basis = t("《市场主体登记管理条例》第十九条", "Registration Regulations, art. 19")
    return [
        Clock(light="normal", days_left=12, due_on=due, basis=basis),
        Clock(light="warning", days_left=4, due_on=due, provisional=True, basis=basis),
        Clock(light="yellow", days_left=1, due_on=due, basis=basis),
        Clock(light="red", days_left=0, due_on=due, basis=basis),
        Clock(light="red", days_left=-3, due_on=due, basis=basis),
        Clock(light="done"),
    ]


def _steps(t: _Say) -> list[Step]:
    return [
        Step(label=t("提交", "Submitted"), state="done", note="11-18 09:12"),
        Step(label=t("收件", "Taken in"), state="done", note=t("通州窗口", "Tongzhou window")),
        Step(label=t("补正", "Correction"), state="failed", note=t("缺两项", "two missing")),
        Step(label=t("受理", "Accepted"), state="current", note=t("大厂审批局", "Dachang")),
        Step(label=t("决定", "Decided"), state="todo"),
        Step(label=t("送达", "Delivered"), state="todo"),
    ]


def _events(t: _Say) -> list[HappeningRow]:
    officer = t("大厂县行政审批局 · 王敏", "Dachang Approval Bureau · Wang Min")
    return [
        HappeningRow(
            title=t("受理", "Accepted"), at=AT + timedelta(days=2), who=officer, tone="active"
        ),
        HappeningRow(
            title=t("一次性告知补正", "One notice of everything missing"),
            at=AT + timedelta(days=1),
            who=officer,
            tone="warn",
            note=t(
                "1. 租赁合同缺出租人签字页;\n2. 身份证背面不清楚。",
                "1. The lease lacks the page with the landlord's signature.\n"
                "2. The back of the identity card is not legible.",
            ),
            documents=(
                DocumentLink(
                    name=t("补正告知书 大审批补字〔2026〕第000123号", "Correction notice"),
                    url="/paper",
                ),
            ),
        ),
        HappeningRow(
            title=t("收件", "Taken in"),
            at=AT,
            who=t("通州区政务服务中心 3 号窗口 · 李静", "Tongzhou Centre, window 3 · Li Jing"),
            tone="good",
        ),
        HappeningRow(title=t("填写草稿", "Draft begun"), at=AT - timedelta(days=1)),
    ]


def _custody(t: _Say) -> list[CustodyRow]:
    centre = t("通州区政务服务中心", "Tongzhou Centre")
    return [
        CustodyRow(
            label=t("租赁合同（原件）", "Lease (original)"),
            state_label=t("在途", "On its way"),
            tone="warn",
            holder=t("中国邮政", "China Post"),
            expected_by=date(2026, 11, 25),
            overdue=True,
            url="/custody/1",
            moves=(
                MoveRow(at=AT, text=t("窗口收下", "Taken in at the window"), by="李静"),
                MoveRow(
                    at=AT + timedelta(hours=5),
                    text=t("交寄", "Handed to the carrier"),
                    by=centre,
                    waybill="EX123456789CN",
                    note=t("与办件材料一起寄出。", "Sent with the papers of the case."),
                ),
            ),
        ),
        CustodyRow(
            label=t("营业执照", "Business licence"),
            state_label=t("签收", "Signed for"),
            tone="good",
            holder=centre,
            copies=2,
        ),
    ]


def _facts(t: _Say) -> list[Fact]:
    return [
        Fact(label=t("办件编号", "Case number"), value="131028-2026-000123"),
        Fact(label=t("申请人", "Applicant"), value="张某某", value_lang="zh-Hans"),
        Fact(
            label=t("办理地", "Deciding place"),
            value=t("河北省廊坊市大厂回族自治县", "Dachang, Langfang, Hebei"),
            note=t("由大厂回族自治县行政审批局决定", "Decided by the Dachang Approval Bureau"),
        ),
        Fact(
            label=t("承诺时限", "Promised limit"),
            value=t("3 个工作日", "3 working days"),
            sample=True,
        ),
        Fact(label=t("合作协议", "Agreement"), value=t("通州—大厂", "Tongzhou-Dachang"), url="/a"),
    ]


def _table(t: _Say) -> Table:
    matter = t("个体工商户设立登记", "Register an individual business")
    clocks = _clocks(t)
    states = [
        (t("待受理", "To be accepted"), "active"),
        (t("待补正", "Correction asked"), "waiting"),
        (t("审查中", "In review"), "active"),
        (t("不予登记", "Refused"), "bad"),
        (t("已超期", "Overdue"), "bad"),
        (t("已送达", "Delivered"), "good"),
    ]
    return Table(
        caption=t("待办", "To do"),
        columns=(
            Column(label=t("编号", "Number")),
            Column(label=t("事项", "Matter")),
            Column(label=t("申请人", "Applicant")),
            Column(label=t("状态", "State")),
            Column(label=t("时限", "Clock")),
            Column(label=t("材料", "Papers"), number=True),
        ),
        rows=tuple(
            (
                Cell(text=f"131028-2026-00012{place}", url=f"/case/{place}", reference=True),
                Cell(text=matter, note=t("通州区收件", "taken in at Tongzhou"), sample=place == 1),
                Cell(text="欧阳某某" if place % 2 else "张某", lang="zh-Hans"),
                Cell(badge=label, tone=tone),  # type: ignore[arg-type] # one of Tone
                Cell(clock=clock),
                Cell(text=str(place + 3)),
            )
            for place, ((label, tone), clock) in enumerate(zip(states, clocks, strict=True))
        ),
    )


def _materials(t: _Say) -> list[MaterialRow]:
    return [
        MaterialRow(
            key="identity",
            title=t("经营者身份证明", "Operator's identity card"),
            needs=(
                t("必要", "required"),
                t("原件核验", "original seen"),
                t("复印件 1 份", "1 copy"),
            ),
            standard=t(
                "在有效期内；正反两面清楚；姓名、号码与申请书一致。",
                "Valid; both sides legible; name and number as in the application.",
            ),
            state_label=t("已提交", "Given"),
            tone="good",
            documents=_DOCUMENTS,
        ),
        MaterialRow(
            key="shared",
            title=t("无违法记录证明", "Certificate of no offences"),
            needs=(t("免提交", "not asked for"),),
            source_note=t(
                "由政府部门共享核查，无需提交。", "Checked by sharing; nothing to hand in."
            ),
            state_label=t("免提交", "Not asked for"),
            sample=True,
        ),
    ]


def _checks(t: _Say) -> list[MaterialRow]:
    choices = (
        Choice(value="meets", label=t("符合", "Meets it"), selected=True),
        Choice(value="lacks", label=t("不符合", "Does not")),
        Choice(value="absent", label=t("未带来", "Not brought")),
    )
    standard = t(
        "写明地址、面积、期限；出租人和承租人签字；租期自申请日起不少于一年。",
        "States address, area and term; signed by both; at least a year from the application.",
    )
    made = []
    for key, title in (
        ("lease", t("经营场所使用证明", "Proof of premises")),
        ("identity", t("经营者身份证明", "Operator's identity card")),
    ):
        made.append(
            MaterialRow(
                key=f"check-{key}",
                title=title,
                needs=(t("必要", "required"), t("原件 1 份", "1 original")),
                standard=standard,
                documents=_DOCUMENTS,
                answer=Field(
                    name=f"{key}.answer",
                    label=t("核对结果", "Finding"),
                    kind="radio",
                    width="s",
                    required=True,
                    choices=choices,
                    problem=t("请选择核对结果", "Choose a finding") if key == "identity" else "",
                ),
                note=Field(name=f"{key}.note", label=t("需要补正的内容", "What is missing")),
            )
        )
    return made
