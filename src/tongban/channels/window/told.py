"""What a form as posted is told, at which control. Refusals not listed get their own page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils.translation import gettext

from tongban.channels import problems
from tongban.identity.errors import NumberRefused
from tongban.kernel.errors import Refusal, mark

_REASONS = {
    "length": mark("证件号码位数不对：居民身份证号码为 18 位（旧证 15 位）。"),
    "characters": mark("证件号码含有不应有的字符：居民身份证号码只有数字，末位可以是 X。"),
    "birth_date": mark("证件号码中的出生日期不存在，或者在今天之后。"),
    "check_digit": mark("证件号码末位校验不符，请逐位核对。"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Messages by the name of the control, in the reader's language, and the HTTP status.

    ``codes`` are the refusals' codes, for the summary: a clerk quotes them when asking.
    """

    messages: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    status: int = 200

    def at(self, name: str) -> str:
        """Return what is told at a control, "" for nothing."""
        return self.messages.get(name, "")


NOTHING = Told()


class ToldAt(Exception):  # noqa: N818 - carries a refusal to its control
    """A refusal that belongs to one control of the form."""

    def __init__(self, refusal: Refusal, name: str) -> None:
        """Keep where it belongs."""
        super().__init__(name)
        self.name = name
        self.refusal = refusal

    @property
    def told(self) -> Told:
        """What the form says."""
        return told(self.refusal, self.name)


@contextmanager
def told_at(controls: Mapping[type[Refusal], str], prefix: str = "") -> Iterator[None]:
    """Turn these refusals into ToldAt with the control's name; any other passes."""
    try:
        yield
    except tuple(controls) as refusal:
        name = next(name for kind, name in controls.items() if isinstance(refusal, kind))
        raise ToldAt(refusal, prefix + name) from refusal


def told(refusal: Refusal, name: str) -> Told:
    """Return a refusal as told at one control."""
    return Told(
        messages={name: sentence(refusal)},
        codes=(refusal.code,),
        status=problems.STATUS[refusal.kind],
    )


def sentence(refusal: Refusal) -> str:
    """Return what happened and what to do, as one text."""
    if isinstance(refusal, NumberRefused) and str(refusal.fields["reason"]) in _REASONS:
        return gettext(_REASONS[str(refusal.fields["reason"])])
    what, todo = problems.text_of(refusal)
    return f"{what} {todo}" if what.isascii() else f"{what}{todo}"
