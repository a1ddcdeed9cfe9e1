"""Raises after the n-th statement of a verb, for every n, and looks at what is left behind."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import Any

from django.db import OperationalError, connections

from support.contents import everything


class InjectedError(OperationalError):
    """The failure that a test put there; a database error, as when a server goes away."""


class Fault:
    """Counts the statements on every alias and fails once, after the n-th; 0 never fails."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.statements = 0

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,  # noqa: ANN401 - Django's signature
        many: bool,  # noqa: FBT001 - likewise
        context: dict[str, Any],
    ) -> Any:  # noqa: ANN401 - likewise
        answer = execute(sql, params, many, context)
        self.statements += 1
        if self.statements == self.after:
            raise InjectedError(sql)
        return answer


def run(verb: Callable[[], object], *, fail_after: int) -> tuple[object | InjectedError, Fault]:
    """Return what the verb answered, or the failure that came out of it."""
    fault = Fault(fail_after)
    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(fault))
        try:
            return verb(), fault
        except InjectedError as injected:
            return injected, fault


def fail_after_each_statement(verb: Callable[[], object]) -> tuple[object, int]:
    """Fail after statement 1, 2, ... until the verb has no more; return its answer at last.

    After each failure the main database is as it was before. The second value is how many
    failures there were, at least one for each statement of the verb that succeeded.
    """
    before = everything()
    for nth in count(1):
        answer, fault = run(verb, fail_after=nth)
        if fault.statements < nth:
            failures = nth - 1
            assert failures >= fault.statements > 0
            return answer, failures
        assert isinstance(answer, InjectedError), f"failure {nth} was swallowed: {answer}"
        left = everything()
        changed = [table for table in before if left[table] != before[table]]
        assert changed == [], f"after failure {nth} ({answer})"
    raise AssertionError
