"""What a person can be told when a case's verb is refused."""

from dataclasses import dataclass

from tongban.kernel.errors import Kind, Refusal, mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is missing or wrong: a form field (``form.x``) or a material (``paper.x``).

    ``message`` is a Chinese sentence that names no personal data.
    """

    path: str
    code: str
    message: str


class CaseNotFound(Refusal):
    """Not there, or not for this person's eyes: the two are not told apart."""

    code = "cases.not_found"
    what = mark("没有这个办件，或者您无权查看。")
    todo = mark("请核对链接；如果您换了身份或岗位，请切换后再试。")
    kind = Kind.NOT_FOUND


class NotYours(Refusal):
    """Seen, but this act is another's."""

    code = "cases.not_yours"
    what = mark("您的身份或岗位不能对这个办件进行此项操作。")
    todo = mark("请由有此权限的人员办理，或切换到相应岗位。")
    kind = Kind.FORBIDDEN


class Stale(Refusal):
    """Somebody else moved the case while this page was open."""

    code = "cases.stale"
    what = mark("这个办件在您打开页面之后已有新的进展（现为第 {seq} 步），您的操作没有生效。")
    todo = mark("请刷新页面，看过最新情况后再决定。")
    kind = Kind.CONFLICT


class NotNow(Refusal):
    """The verb cannot follow the present state."""

    code = "cases.not_now"
    what = mark("办件目前的状态不允许此项操作。")
    todo = mark("请刷新页面，查看现在可以办理的步骤。")
    kind = Kind.CONFLICT


class Incomplete(Refusal):
    """Fields or materials are missing or wrong; ``problems`` names every one of them."""

    code = "cases.incomplete"
    what = mark("申请还不完整：有 {count} 处需要补充或更正。")
    todo = mark("请逐项补充后再提交；已填写的内容都还在。")
    kind = Kind.INVALID

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems beside their number."""
        self.problems = problems
        super().__init__(count=len(problems))


class DraftChanged(Refusal):
    """What would be handed in is not what the person saw: it was changed in between."""

    code = "cases.draft_changed"
    what = mark("核对之后，这份申请又有改动，所以没有提交。")
    todo = mark("请看过改动后的内容，再提交。")
    kind = Kind.CONFLICT


class ConsentMissing(Refusal):
    """No act for a person without their consent to the service."""

    code = "cases.consent_missing"
    what = mark("尚未确认申请人同意《服务同意书》。")
    todo = mark("请向申请人说明并取得同意后再继续。")
    kind = Kind.INVALID


class AssuranceTooLow(Refusal):
    """The matter needs a surer identity than this login gives."""

    code = "cases.assurance_too_low"
    what = mark("此事项要求实名等级 {needed} 级，您目前为 {has} 级。")
    todo = mark("请到窗口当面核验身份，由窗口代收。")
    kind = Kind.FORBIDDEN


class PresenceMissing(Refusal):
    """A window receives only from someone whose document was seen."""

    code = "cases.presence_missing"
    what = mark("窗口收件须当面核验申请人或代理人的身份证件。")
    todo = mark("请核验证件原件并选择核验方式后再收件。")
    kind = Kind.RULE


class WrongMode(Refusal):
    """The edition is not done this way."""

    code = "cases.wrong_mode"
    what = mark("该事项不能以这种方式办理。")
    todo = mark("请在办事指南中选择支持的办理方式。")
    kind = Kind.RULE


class ReasonMissing(Refusal):
    """A refusal, a return or a voiding needs its reason in writing (行政许可法 art. 38)."""

    code = "cases.reason_missing"
    what = mark("此项操作必须书面说明理由。")
    todo = mark("请填写理由（不少于 {least} 个字）。")
    kind = Kind.INVALID


class AcceptedBySilence(Refusal):
    """The five days have passed: the application counts as accepted (art. 32(4))."""

    code = "cases.accepted_by_silence"
    what = mark("已超过五个工作日未答复，依法自收到申请材料之日起即为受理。")
    todo = mark("不能再要求补正或者不予受理，请确认受理后继续审查。")
    kind = Kind.RULE


class ResultNotHanded(Refusal):
    """Proof of delivery certifies what has happened: the result is not in the person's hands."""

    code = "cases.result_not_handed"
    what = mark("结果尚未交到申请人手中，不能记录送达。")
    todo = mark("请先交付结果，或者等寄递件签收后再记录送达。")
    kind = Kind.CONFLICT


class ResultNotIssued(Refusal):
    """A result leaves the office only after it was issued."""

    code = "cases.result_not_issued"
    what = mark("结果尚未颁发，不能交付。")
    todo = mark("请等审批机关颁发后再交付。")
    kind = Kind.CONFLICT


class TextRefused(Refusal):
    """A text that is empty, too long, or holds control characters."""

    code = "cases.text_refused"
    what = mark("填写的内容为空、过长（最多 {most} 个字），或含有无法保存的字符。")
    todo = mark("请改写后再试。")
    kind = Kind.INVALID


class FormTooLarge(Refusal):
    """A form beyond any real one."""

    code = "cases.form_too_large"
    what = mark("填写的内容过多（最多 {most} KB）。")
    todo = mark("请精简内容，或者把长文作为材料上传。")
    kind = Kind.TOO_LARGE


class NoticeEmpty(Refusal):
    """A correction notice names at least one thing."""

    code = "cases.notice_empty"
    what = mark("补正告知书没有列出任何需要补正的内容。")
    todo = mark("请勾选不合格的材料或字段，并逐项写明要求。")
    kind = Kind.INVALID


class NoticeWidened(Refusal):
    """Everything must be told at once; a later notice may not name new things (art. 32(4))."""

    code = "cases.notice_widened"
    what = mark("依法须一次告知全部补正内容，再次告知不得增加新的要求（{path}）。")
    todo = mark("请只列出首次告知中仍未补正的内容，或者作出受理、不予受理的决定。")
    kind = Kind.RULE


class PaperUnknown(Refusal):
    """The edition asks for no such material, or there is no such file in this case."""

    code = "cases.paper_unknown"
    what = mark("本事项没有这项材料，或办件中没有这个文件。")
    todo = mark("请刷新页面后再试。")
    kind = Kind.NOT_FOUND


class TooManyFiles(Refusal):
    """A bound on the files of one material."""

    code = "cases.too_many_files"
    what = mark("一项材料最多上传 {most} 个文件。")
    todo = mark("请合并为一个 PDF，或先移除不需要的文件。")
    kind = Kind.INVALID


class PersonHasCase(Refusal):
    """A case of the person's is not over: the purpose for which the data is held stands."""

    code = "cases.person_has_case"
    what = mark("此人还有 {count} 个办件没有办完，不能清除。")
    todo = mark("请先送达、撤回或作废这些办件。")
    kind = Kind.RULE


class PersonHasPaper(Refusal):
    """A paper of the person's is still in somebody's hands."""

    code = "cases.person_has_paper"
    what = mark("此人还有 {count} 份原件或结果没有交还，不能清除。")
    todo = mark("请先把原件和结果交还本人。")
    kind = Kind.RULE


class RetentionRuns(Refusal):
    """A file of the person's must still be kept (个人信息保护法 art. 47(2))."""

    code = "cases.retention_runs"
    what = mark("此人的办件须保存至 {until}，期满前不能清除。")
    todo = mark("期满前只能存储和采取必要的安全保护措施；请在期满后再清除。")
    kind = Kind.RULE


class HandingOver(Refusal):
    """The case is on its way to the node that will order it."""

    code = "cases.handing_over"
    what = mark("这个办件正在移交办理地节点（{node}），对方还没有确认。")
    todo = mark("请稍后再办；对方节点联系不上时，联通后会自动继续。")
    kind = Kind.CONFLICT


class HandRefused(Refusal):
    """The deciding agency's node did not take the case: nobody there awaits its papers."""

    code = "cases.hand_refused"
    what = mark("办理地节点（{node}）没有接收这个办件（代码 {code}），原件不能寄往该地。")
    todo = mark("请先重新移交；不再办理的，把原件当面交还申请人。")
    kind = Kind.CONFLICT


class OrderedElsewhere(Refusal):
    """The deciding agency's part is done on its own node."""

    code = "cases.ordered_elsewhere"
    what = mark("这个办件由办理地节点（{node}）受理、审查和决定，本节点的岗位不能代为办理。")
    todo = mark("请在办理地节点登录办理。")
    kind = Kind.FORBIDDEN


class OnlineElsewhere(Refusal):
    """An online application is made on the node of the deciding place."""

    code = "cases.online_elsewhere"
    what = mark("这个事项由另一个节点（{node}）办理，网上申请须在该节点提交。")
    todo = mark("请到该节点的门户申请，或者在本地窗口由窗口收件。")
    kind = Kind.RULE


class AgentAbroad(Refusal):
    """A mandate is known to the node where it was given, and can't be checked on another."""

    code = "cases.agent_abroad"
    what = mark("办理地在另一个节点的办件，目前不能凭委托代办。")
    todo = mark("请由申请人本人到窗口办理。")
    kind = Kind.RULE


class AskedAlready(Refusal):
    """A step was asked of the node that orders the case, and it has not answered yet."""

    code = "cases.asked_already"
    what = mark("已向办理地节点（{node}）提请了一步操作，对方还没有答复。")
    todo = mark("请等对方答复后再办；页面会显示结果。")
    kind = Kind.CONFLICT


class NotProposable(Refusal):
    """A step that no other node may ask for."""

    code = "cases.not_proposable"
    what = mark("这一步（{verb}）不能由另一个节点提请。")
    todo = mark("请在办理地节点办理。")
    kind = Kind.FORBIDDEN


class HandedWrong(Refusal):
    """A case that this node can't take from that one."""

    code = "cases.handed_wrong"
    what = mark("这个办件不能由该节点移交给本节点。")
    todo = mark("请核对收件地、办理地分别由哪个节点承载，以及办件是否已经移交过。")
    kind = Kind.FORBIDDEN


class EditionDiffers(Refusal):
    """The two nodes have different texts of the edition by which the case was taken in."""

    code = "cases.edition_differs"
    what = mark("双方节点的实施清单内容不一致，不能移交。")
    todo = mark("请双方先核对并更新实施清单，再重新移交。")
    kind = Kind.CONFLICT


class ToldOutOfStep(Refusal):
    """Events of another node that don't follow what this node has."""

    code = "cases.told_out_of_step"
    what = mark("对方节点告知的经过与本节点第 {seq} 步之后的记录不衔接。")
    todo = mark("双方记录都已保留；请与对方核对。")
    kind = Kind.CONFLICT


class PointedWrong(Refusal):
    """Another node shows a case that isn't its own, or to nobody here."""

    code = "cases.pointed_wrong"
    what = mark("对方节点出示的办件不由它办理，或者本节点没有这个人。")
    todo = mark("这条消息没有生效；请与对方核对双方各承载哪些地区。")
    kind = Kind.FORBIDDEN


class NothingDiffers(Refusal):
    """There is nothing to compare: the records of the two nodes agree as far as both know."""

    code = "cases.nothing_differs"
    what = mark("双方节点的记录没有不一致，或者已经核对。")
    todo = mark("请刷新页面，查看最新情况。")
    kind = Kind.CONFLICT


class ActingForeign(Refusal):
    """Another node names as actor someone whom it can't speak for."""

    code = "cases.acting_foreign"
    what = mark("对方节点把本节点的人员或者无关的人写作办理人。")
    todo = mark("请与对方核对；这条消息没有生效。")
    kind = Kind.FORBIDDEN
