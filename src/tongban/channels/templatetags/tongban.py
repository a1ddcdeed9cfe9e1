"""``{% load tongban %}``: icons, lights, cells, and dates in the reader's language.

What stands on every page or in every row of a list is made here and not by an include: an include
costs a tenth of a millisecond each time, and a page has twenty for everything.
"""

from datetime import date, datetime
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from tongban.channels.parts import Cell, Clock, Table
from tongban.kernel.errors import mark

register = template.Library()

SHEETS = (
    "tokens",
    "base",
    "layout",
    "masthead",
    "buttons",
    "forms",
    "feedback",
    "status",
    "records",
    "checklist",
    "portal",
    "workplace",
    "paper",
)
"""The sheets of css/ in the order in which they overrule one another; print comes after them."""

# (day, moment) by language: 2026年11月21日 15:30 and 21 November 2026, 15:30.
_FORMATS = {"zh": ("Y年n月j日", "Y年n月j日 H:i"), "en": ("j F Y", "j F Y, H:i")}


_LIGHTS = {
    "normal": mark("正常"),
    "warning": mark("预警"),
    "yellow": mark("黄牌"),
    "red": mark("红牌"),
    "done": mark("已办结"),
}


def _formats() -> tuple[str, str]:
    return _FORMATS["en" if (get_language() or "zh").startswith("en") else "zh"]


@register.simple_tag
@lru_cache(maxsize=1)  # an address of a static file is the same for the life of the process
def styles() -> SafeString:
    """Return the links to all sheets."""
    links = format_html_join(
        "\n",
        '<link rel="stylesheet" href="{}">',
        ((static(f"tongban/css/{name}.css"),) for name in SHEETS),
    )
    return format_html(
        '{}\n<link rel="stylesheet" href="{}" media="print">',
        links,
        static("tongban/css/print.css"),
    )


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, extra: str = "") -> SafeString:
    """Return one symbol of ``img/icons.svg``; it is decoration, so the words stand beside it."""
    return format_html(
        '<svg class="icon icon--{} {}" width="20" height="20" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        name,
        extra,
        static("tongban/img/icons.svg"),
        name,
    )


@register.simple_tag
def light(clock: Clock, *, brief: bool = False) -> SafeString:
    """Return the light of a clock: shape, word and, unless ``brief``, the days."""
    days = "" if brief else _days(clock)
    return format_html(
        '<span class="light light--{}">{}{}{}</span>{}',
        clock.light,
        icon(f"light-{clock.light}", "light__shape"),
        gettext(_LIGHTS[clock.light]),
        format_html('<span class="light__days">{}</span>', days) if days else "",
        format_html(' <span class="light__note">{}</span>', gettext("暂定"))
        if clock.provisional and not brief
        else "",
    )


def _days(clock: Clock) -> str:
    if clock.days_left is None or clock.light == "done":
        return ""
    if clock.days_left < 0:
        over = clock.days_over
        return ngettext("超 {days} 个工作日", "超 {days} 个工作日", over).format(days=over)
    if clock.days_left == 0:
        return gettext("今天到期")
    left = clock.days_left
    return ngettext("剩 {days} 个工作日", "剩 {days} 个工作日", left).format(days=left)


@register.simple_tag
def sample() -> SafeString:
    """Return the mark 样例 for what has no authoritative source."""
    return format_html(
        '<span class="sample" title="{}">{}</span>',
        gettext("没有权威来源，仅作示意"),
        gettext("样例"),
    )


def cell(content: Cell) -> SafeString:
    """Return what stands in one cell of a table."""
    main: SafeString | str
    if content.badge:
        main = format_html('<span class="badge badge--{}">{}</span>', content.tone, content.badge)
    elif content.clock is not None:
        main = light(content.clock)
    else:
        main = content.text
        if content.reference:
            main = format_html('<span class="reference">{}</span>', main)
        if content.url:
            main = format_html('<a href="{}">{}</a>', content.url, main)
    if not (content.note or content.sample or content.lang):
        return format_html("<div>{}</div>", main)
    note = format_html('<span class="facts__note">{}</span>', content.note) if content.note else ""
    return format_html(
        "<div{}>{}{}{}</div>",
        format_html(' lang="{}"', content.lang) if content.lang else "",
        main,
        format_html(" {}", sample()) if content.sample else "",
        note,
    )


@register.simple_tag
def rows(table: Table) -> SafeString:
    """Return the rows of a table's body; each cell names its column, for phones."""
    labels = [conditional_escape(column.label) for column in table.columns]
    return format_html_join(
        "\n", "<tr>{}</tr>", ((_row(table, labels, line),) for line in table.rows)
    )


def _row(table: Table, labels: list[SafeString], line: tuple[Cell, ...]) -> SafeString:
    made = []
    for place, (column, label, content) in enumerate(zip(table.columns, labels, line, strict=True)):
        if place == 0:
            template = '<th scope="row" data-label="{}">{}</th>'
        elif column.number:
            template = '<td class="is-number" data-label="{}">{}</td>'
        else:
            template = '<td data-label="{}">{}</td>'
        made.append(format_html(template, label, cell(content)))
    return format_html_join("", "{}", ((one,) for one in made))


@register.filter
def day(value: date | None) -> SafeString | str:
    """Return a ``time`` element with the day in words; a moment is taken to the places' time."""
    if value is None:
        return ""
    on = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return format_html(
        '<time class="number" datetime="{}">{}</time>',
        on.isoformat(),
        date_format(on, _formats()[0]),
    )


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Return a ``time`` element with day, hour and minute in the places' time."""
    if value is None:
        return ""
    at = timezone.localtime(value)
    return format_html(
        '<time class="number" datetime="{}">{}</time>',
        at.isoformat(timespec="minutes"),
        date_format(at, _formats()[1]),
    )


@register.filter
def html_lang(code: str | None) -> str:
    """Return Django's language code as HTML writes it: zh-hans becomes zh-Hans."""
    return "en" if (code or "").startswith("en") else "zh-Hans"
