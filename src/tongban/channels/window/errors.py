"""Refusals of the window's own forms."""

from tongban.kernel.errors import Kind, Refusal, mark


class NotConfirmed(Refusal):
    """A step that can't be undone came without the tick that confirms it."""

    code = "window.not_confirmed"
    what = mark("这一步办理后不能撤销，须先勾选确认。")
    todo = mark("请核对后勾选确认，再提交。")
    kind = Kind.INVALID


class MatterMissing(Refusal):
    """A walk-in was to be started without saying for which matter."""

    code = "window.matter_missing"
    what = mark("还没有选择要办理的事项。")
    todo = mark("请选择事项和办理地。")
    kind = Kind.INVALID


class LetterMissing(Refusal):
    """Somebody applies for another, and the letter of authority or its details are missing."""

    code = "window.letter_missing"
    what = mark("代理人办理须收取授权委托书，并写明有效期。")
    todo = mark("请扫描上传委托书，填写有效期；没有委托书的，请委托人本人办理。")
    kind = Kind.INVALID


class CopiesUnclear(Refusal):
    """The number of originals is no number."""

    code = "window.copies_unclear"
    what = mark("原件份数须为 1 至 99 的整数；没有收原件的，留空。")
    todo = mark("请改正份数。")
    kind = Kind.INVALID


class NoteMissing(Refusal):
    """A loss was reported without how it happened."""

    code = "window.note_missing"
    what = mark("报告遗失须写明经过。")
    todo = mark("请写明何时何处发现、已采取什么措施。")
    kind = Kind.INVALID
