from tongban.kernel.changes import Changes, compare_rows


def test_compare_counts_and_tells() -> None:
    compared = compare_rows(
        "place",
        {"1": {"name": "甲"}, "2": {"name": "乙", "level": "city"}, "3": {"name": "丙"}},
        {
            "2": {"name": "乙", "level": "county"},
            "3": {"name": "丙", "more": 1},
            "4": {"name": "丁"},
        },
    )
    assert compared.added == ("1",)
    assert compared.changed == ("2",)
    assert compared.to_write == ("1", "2")
    assert compared.changes == Changes(
        1, 1, 1, ["+ place 1 甲", "~ place 2: level 'county' → 'city'"]
    )


def test_a_long_value_is_shortened_in_its_line() -> None:
    line = compare_rows("x", {"1": {"v": "新" * 99}}, {"1": {"v": None}}).changes.lines[0]
    assert line == f"~ x 1: v None → '{'新' * 58}…"


def test_changes_add_up() -> None:
    both = Changes(1, 2, 3, ["a"]) + Changes(lines=["b"]) + Changes(unchanged=4)
    assert both == Changes(1, 2, 7, ["a", "b"])
    assert not both.nothing
    assert Changes(unchanged=9, lines=["! x"]).nothing
