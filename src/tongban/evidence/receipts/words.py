"""What a check says, in Chinese and English. verify.html holds the same texts; a test compares.

Not by gettext: a receipt is checked where no node and no reader's language is known.
"""

from typing import Any, NamedTuple

from tongban.evidence.kinds import KINDS
from tongban.evidence.receipts.report import Outcome, Step


class Text(NamedTuple):
    """One text in both languages, a template over fields."""

    zh: str
    en: str


STEPS = {
    Step.BODY: Text("内容", "Content"),
    Step.FIELDS: Text("出示的个人信息", "Personal fields shown"),
    Step.INCLUDED: Text("在日志中", "In the log"),
    Step.LOG: Text("日志签名", "Signature of the log"),
    Step.WITNESSES: Text("见证", "Witnesses"),
}

OUTCOMES = {
    Outcome.GOOD: Text("通过", "good"),
    Outcome.ABSENT: Text("未经见证", "not cosigned"),
    Outcome.OPEN: Text("未能核验", "not checked"),
    Outcome.BAD: Text("不通过", "wrong"),
}

RESULTS = {
    "good": Text("核验通过。", "Everything was checked and is in order."),
    "good.enclosed": Text(
        "按凭证内附的政策核验通过：日志和见证方是不是真的，要用从别处得到的政策核验。",
        "In order by the policy that came with it: whether that log and those witnesses are the "
        "real ones, a policy from elsewhere tells.",
    ),
    "absent": Text(
        "核验通过，但未经见证：只有日志运营者自己的签名。",
        "In order, but not cosigned: it rests on the word of the log's operator alone.",
    ),
    "absent.enclosed": Text(
        "按凭证内附的政策核验通过，但未经见证：只有日志运营者自己的签名，"
        "日志是不是真的，要用从别处得到的政策核验。",
        "In order by the policy that came with it, but not cosigned: it rests on the word of the "
        "log's operator alone, and whether that log is the real one, a policy from elsewhere "
        "tells.",
    ),
    "open": Text(
        "有些核验未能完成，不能得出结论。",
        "Some checks could not be done here: there is no result.",
    ),
    "bad": Text("核验不通过，请勿采信。", "Something is wrong. Do not rely on it."),
}
"""By ``Report.result``."""

REASONS: dict[str, tuple[Outcome, Text]] = {
    "body.good": (
        Outcome.GOOD,
        Text(
            "由内容和盐值算出的存证摘要与叶值一致：内容没有改动。",
            "Content and salt give the leaf: the content was not changed.",
        ),
    ),
    "body.changed": (
        Outcome.BAD,
        Text(
            "由内容和盐值算出的存证摘要与叶值不一致：其中有改动。",
            "Content and salt do not give the leaf: one of them was changed.",
        ),
    ),
    "body.unreadable": (
        Outcome.BAD,
        Text(
            "内容与叶值一致，但不是规范格式：不同的程序可能读出不同的意思。",
            "The content fits the leaf but is not canonical: programs may read it differently.",
        ),
    ),
    "fields.good": (
        Outcome.GOOD,
        Text(
            "出示 {shown} 项，每一项的摘要都在内容里；另有 {kept} 项没有出示。",
            "{shown} shown, each with its digest in the content; {kept} kept back.",
        ),
    ),
    "fields.foreign": (
        Outcome.BAD,
        Text(
            "出示的信息中，有一项的摘要不在内容里：不是当时登记的。",
            "The digest of a field shown is not in the content: it is not what was recorded.",
        ),
    ),
    "fields.open": (
        Outcome.OPEN,
        Text("内容未通过，无从核对。", "The content failed, so there is nothing to compare with."),
    ),
    "included.good": (
        Outcome.GOOD,
        Text(
            "包含证明由叶值推出检查点的根值：日志 {origin}，索引 {index}，共 {size} 条。",
            "The proof leads from the leaf to the checkpoint's root: log {origin}, index {index} "
            "of {size} entries.",
        ),
    ),
    "included.bad": (
        Outcome.BAD,
        Text(
            "由叶值推不出检查点的根值：叶值、证明或检查点有改动。",
            "The leaf does not lead to the checkpoint's root: something was changed.",
        ),
    ),
    "included.unreadable": (
        Outcome.BAD,
        Text("证明文件不符合格式。", "The proof is not in its format."),
    ),
    "log.good": (
        Outcome.GOOD,
        Text(
            "检查点有日志 {origin} 的签名，密钥 {key}。", "Signed by the log {origin}, key {key}."
        ),
    ),
    "log.unknown": (
        Outcome.BAD,
        Text("政策中没有日志 {origin}。", "The policy names no log {origin}."),
    ),
    "log.missing": (
        Outcome.BAD,
        Text(
            "检查点没有日志 {origin} 的签名。", "The checkpoint is not signed by the log {origin}."
        ),
    ),
    "log.forged": (
        Outcome.BAD,
        Text(
            "检查点上有一个错误的签名，整份检查点不可信。",
            "A signature on the checkpoint is wrong, which spoils the whole checkpoint.",
        ),
    ),
    "log.open": (
        Outcome.OPEN,
        Text("这里不能核验 {suite} 的签名。", "Signatures of {suite} can not be checked here."),
    ),
    "log.skipped": (
        Outcome.OPEN,
        Text("没有可读的检查点。", "There is no checkpoint that can be read."),
    ),
    "witnesses.good": (
        Outcome.GOOD,
        Text(
            "{count} 方联签：{names}。政策要求 {rule}，已达到。",
            "Cosigned by {count}: {names}. The policy asks for {rule}, which is reached.",
        ),
    ),
    "witnesses.missed": (
        Outcome.BAD,
        Text(
            "{count} 方联签：{names}。政策要求 {rule}，没有达到。",
            "Cosigned by {count}: {names}. The policy asks for {rule}, which is not reached.",
        ),
    ),
    "witnesses.none": (
        Outcome.ABSENT,
        Text("未经见证：政策不要求见证。", "Not cosigned: the policy asks for no witness."),
    ),
    "witnesses.extra": (
        Outcome.ABSENT,
        Text(
            "政策不要求见证；{count} 方联签：{names}。",
            "The policy asks for no witness; cosigned by {count}: {names}.",
        ),
    ),
    "witnesses.forged": (
        Outcome.BAD,
        Text(
            "有一个见证方的签名是错误的，整份检查点不可信。",
            "A witness's signature is wrong, which spoils the whole checkpoint.",
        ),
    ),
    "witnesses.open": (
        Outcome.OPEN,
        Text("这里不能核验 {suite} 的签名。", "Signatures of {suite} can not be checked here."),
    ),
    "witnesses.skipped": (
        Outcome.OPEN,
        Text("日志签名未通过，无从核对。", "The log's signature failed, so this says nothing."),
    ),
}

STRENGTH = {
    True: Text(
        "要让两份互相矛盾的日志都凑足见证，须有 {split} 个见证方与日志运营者串通；"
        "{outages} 个见证方缺席也能固证。",
        "For two contradictory logs to be cosigned enough, {split} of the witnesses would have to "
        "collude with the log's operator; {outages} of them may be away.",
    ),
    False: Text(
        "这个门限不防串通：不用任何见证方串通，两份互相矛盾的日志也能都达到。",
        "This quorum withstands nothing: two contradictory logs can both reach it without any "
        "witness colluding.",
    ),
}
"""What a quorum withstands: something, nothing."""

POLICY = {
    True: Text("所用政策：您提供的文件。", "Policy used: the file that you gave."),
    False: Text(
        "所用政策：凭证内附，是日志运营者自己的陈述。请与您从别处得到的比较，或者用您自己的。",
        "Policy used: the receipt's own, the statement of the log's operator. Compare it "
        "with one that you have from elsewhere, or give your own.",
    ),
}
"""Whose policy was used: the verifier's own, the receipt's."""

OTHERS = Text(
    "ZIP 中还有不属于凭证的文件，没有核验：{names}。",
    "Files in the ZIP that belong to no receipt and were not checked: {names}.",
)

PROVES_NOT = Text("凭证不证明：", "A receipt does not prove:")

LIMITS = (
    Text(
        "内容属实：只证明曾经登记、此后没有改动。",
        "That what the content says is true: only that it was recorded and not changed since.",
    ),
    Text(
        "没有别的记录：凭证里只有所附的这些。",
        "That there is nothing else: a receipt holds only the entries in it.",
    ),
    Text(
        "发生的时间：内容中的时间是登记机关说的，见证方的时间只说明此前已经在册。",
        "When it happened: the moment in the content is the recording body's word; a witness's "
        "time says only that it stood in the log by then.",
    ),
    Text(
        "出示凭证的人就是当事人。",
        "That whoever shows the receipt is the person concerned.",
    ),
    Text(
        "见证方互相独立：听命于同一上级的，不算独立。",
        "That the witnesses are independent: those that answer to one superior are not.",
    ),
)
"""What a receipt doesn't prove."""


def as_data() -> dict[str, Any]:
    """Return all texts as verify.html holds them, pairs of Chinese and English."""
    return {
        "steps": {step.value: list(text) for step, text in STEPS.items()},
        "outcomes": {outcome.value: list(text) for outcome, text in OUTCOMES.items()},
        "results": {code: list(text) for code, text in RESULTS.items()},
        "reasons": {code: [outcome.value, *text] for code, (outcome, text) in REASONS.items()},
        "strength": {"some": list(STRENGTH[True]), "nothing": list(STRENGTH[False])},
        "policy": {"given": list(POLICY[True]), "enclosed": list(POLICY[False])},
        "others": list(OTHERS),
        "proves_not": list(PROVES_NOT),
        "limits": [list(text) for text in LIMITS],
        "kinds": {kind.code: [kind.title, kind.description] for kind in KINDS.values()},
    }


_README = """\
存证凭证
========
这份凭证含 {count} 条存证记录。{waiting_zh}
它证明：这些内容在登记时就是这样，已经列入一份只增不改的日志，并由所列的见证方联签（多方见证存证）。

它不证明：
{limits_zh}

核验方法，任选其一，都不用询问任何机关：
1. 用浏览器打开核验页，选择这个 ZIP 文件。核验在您的电脑上进行，不上传。凭证中附有 verify.html；
   别人给您的凭证，请用办理机关网站 /verify/ 上的核验页，或者您自己保存的一份：附件可能被替换。
2. 安装通办后运行：tongban verify 凭证.zip（可加 --policy 您信任的政策文件），不用数据库和网络。
3. 用任何支持 C2SP tlog-proof 的第三方工具核验 entries/ 中的 .leaf、.proof 和 policy。

entries/*.json 里的 "disclosures" 是个人信息。只想出示一部分时，从中删去不出示的各项，其他字符不要
改动；或者下载不含个人信息的凭证。

Receipt
=======
This receipt holds {count} evidence entries.{waiting_en}
It proves that the content was so when it was recorded, that it stands in an append-only log, and
that the witnesses named cosigned that log.

It does not prove:
{limits_en}

To check it, in any of three ways, without asking anyone:
1. Open the verification page in a browser and choose this ZIP file. All happens on your computer,
   nothing is uploaded. verify.html is enclosed; for a receipt that someone else gave you use the
   page at /verify/ of the government's site, or your own copy: an enclosed one may be a fake.
2. With Tongban installed: tongban verify RECEIPT.zip (--policy FILE for a policy that you trust).
   It needs no database and no network.
3. With any tool for C2SP tlog-proof: the files .leaf and .proof in entries/, and policy.

"disclosures" in entries/*.json are personal data. To show a part, delete from it what you keep back
and change no other character, or download the receipt without personal data.
"""


def readme(count: int, waiting: int) -> str:
    """Return README.txt of a receipt of ``count`` entries; ``waiting`` more aren't sealed yet."""
    return _README.format(
        count=count,
        waiting_zh=f"另有 {waiting} 条固证中，没有列入，请稍后再取。" if waiting else "",
        waiting_en=f" {waiting} more are not sealed yet; fetch it again later." if waiting else "",
        limits_zh="\n".join(f"- {text.zh}" for text in LIMITS),
        limits_en="\n".join(f"- {text.en}" for text in LIMITS),
    )
