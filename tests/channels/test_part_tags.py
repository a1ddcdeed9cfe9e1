"""The tags of the parts: lights, cells, dates."""

from datetime import UTC, date, datetime

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from tongban.channels.parts import Cell, Clock, Column, Table
from tongban.channels.templatetags.tongban import cell, day, html_lang, icon, light, moment
from tongban.kernel.workdays import Light


@pytest.mark.parametrize("value", sorted(Light))
def test_every_light_of_the_clock_has_a_shape_and_a_word(value: Light) -> None:
    shown = light(Clock(light=value, days_left=2))
    assert f'class="light light--{value}"' in shown
    assert f"#light-{value}" in shown
    words = {
        "normal": "正常",
        "warning": "预警",
        "yellow": "黄牌",
        "red": "红牌",
        "done": "已办结",
    }
    assert words[value] in shown


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        (Clock(light="normal", days_left=7), "剩 7 个工作日"),
        (Clock(light="red", days_left=0), "今天到期"),
        (Clock(light="red", days_left=-3), "超 3 个工作日"),
        (Clock(light="done", days_left=4), ""),
        (Clock(light="normal"), ""),
    ],
)
def test_a_light_says_the_days(clock: Clock, words: str) -> None:
    shown = light(clock)
    assert (f'<span class="light__days">{words}</span>' in shown) is bool(words)
    assert "light__days" not in light(clock, brief=True)


def test_a_provisional_day_says_so() -> None:
    assert "暂定" in light(Clock(light="normal", days_left=7, provisional=True))
    assert "暂定" not in light(Clock(light="normal", days_left=7))


def test_days_and_moments_are_those_of_the_places_in_the_words_of_the_reader() -> None:
    late = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # half past midnight of the 21st in Beijing
    assert day(late) == '<time class="number" datetime="2026-11-21">2026年11月21日</time>'
    assert moment(late).endswith(">2026年11月21日 00:30</time>")
    with translation.override("en"):
        assert day(date(2026, 2, 7)).endswith(">7 February 2026</time>")
        assert moment(late).endswith(">21 November 2026, 00:30</time>")
    assert day(None) == moment(None) == ""


def test_what_people_wrote_is_escaped() -> None:
    evil = '<img src=x onerror="1">&'
    safe = "&lt;img src=x onerror=&quot;1&quot;&gt;&amp;"
    for content in (
        Cell(text=evil),
        Cell(text=evil, url="/x", reference=True),
        Cell(text="x", note=evil),
        Cell(badge=evil, tone="good"),
    ):
        assert safe in cell(content)
        assert "<img" not in cell(content)
    assert "<img" not in cell(Cell(text="x", url=evil))


def test_a_table_names_the_column_at_each_cell_and_heads_each_row() -> None:
    table = Table(
        caption="待办",
        columns=(Column(label="编号"), Column(label='件"数', number=True)),
        rows=((Cell(text="<1>", url="/1"), Cell(text="3")),),
    )
    shown = render_to_string("parts/table.html", {"table": table})
    assert shown.endswith(
        '<tbody><tr><th scope="row" data-label="编号"><div><a href="/1">&lt;1&gt;</a></div></th>'
        '<td class="is-number" data-label="件&quot;数"><div>3</div></td></tr>'
        "</tbody></table></div>\n"
    )


def test_a_row_of_another_length_than_its_columns_fails_loudly() -> None:
    table = Table(
        caption="待办",
        columns=(Column(label="编号"), Column(label="状态")),
        rows=((Cell(text="1"),),),
    )
    with pytest.raises(ValueError, match="shorter"):
        render_to_string("parts/table.html", {"table": table})


def test_icons_are_decoration() -> None:
    assert 'aria-hidden="true"' in icon("clock")
    assert 'focusable="false"' in icon("clock")


@pytest.mark.parametrize(
    ("code", "lang"), [("zh-hans", "zh-Hans"), ("en", "en"), ("en-gb", "en"), (None, "zh-Hans")]
)
def test_the_language_is_named_as_html_names_it(code: str | None, lang: str) -> None:
    assert html_lang(code) == lang
