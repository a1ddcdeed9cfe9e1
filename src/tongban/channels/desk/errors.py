"""Refusals of the desk's own forms; the law's are those of cases and delivery."""

from tongban.kernel.errors import Kind, Refusal, mark


class Unconfirmed(Refusal):
    """An act that can't be taken back was sent without its confirmation."""

    code = "channels.unconfirmed"
    what = mark("此项操作作出后不能撤销，还没有确认。")
    todo = mark("请核对内容，勾选确认后再提交。")
    kind = Kind.INVALID


class AnswerMissing(Refusal):
    """A question of the form that decides the way was left open."""

    code = "channels.answer_missing"
    what = mark("还没有选择结论。")
    todo = mark("请选择后再提交；已填写的内容都还在。")
    kind = Kind.INVALID


class NoteTooLong(Refusal):
    """A note about a parcel is a line or two; nothing is cut off silently."""

    code = "channels.note_too_long"
    what = mark("填写的内容超过 {most} 个字。")
    todo = mark("请精简到 {most} 个字以内；已填写的内容都还在。")
    kind = Kind.INVALID
