"""What ends a tour: something was expected and something else was seen."""


class Unmet(Exception):  # noqa: N818 - names what happened: an expectation was not met
    """An expectation was not met."""

    def __init__(self, *, expected: str, seen: str) -> None:
        """Say what was expected and what was seen instead."""
        super().__init__(f"expected {expected}; seen: {seen}")
        self.expected = expected
        self.seen = seen
