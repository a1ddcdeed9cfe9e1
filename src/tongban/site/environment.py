"""What the environment says: one typed reading of every ``TONGBAN_*`` variable of the product.

``docs/settings.md`` describes each of them; a test holds the two together.
"""

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from tongban.kernel.suites import NAMES as SUITES


class Misconfigured(Exception):  # noqa: N818 - a state of the installation, said in one line
    """A variable that the product cannot start with; the text is one line for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The settings of one process."""

    home: Path
    database_url: str | None
    host: str
    port: int
    node: str
    region: str
    demo: bool
    https: bool
    metrics: bool
    allowed_hosts: tuple[str, ...]
    processes: int
    threads: int
    log_level: str
    log_suite: str
    peer_assurance: dict[str, int]

    @classmethod
    def read(cls) -> Self:
        """Read the variables, with their defaults; Misconfigured names the one that is wrong."""
        host = os.environ.get("TONGBAN_HOST", "127.0.0.1")
        loopback = is_loopback(host)
        found = cls(
            home=Path(os.environ.get("TONGBAN_HOME") or "var").resolve(),
            database_url=os.environ.get("TONGBAN_DATABASE_URL") or None,
            host=host,
            port=_number("TONGBAN_PORT", "8000", least=0, most=65535),
            node=os.environ.get("TONGBAN_NODE", "local"),
            region=os.environ.get("TONGBAN_REGION", "jingjinji"),
            demo=_switch("TONGBAN_DEMO", default=False),
            https=_switch("TONGBAN_HTTPS", default=not loopback),
            metrics=_switch("TONGBAN_METRICS", default=False),
            allowed_hosts=_names("TONGBAN_ALLOWED_HOSTS"),
            processes=_number("TONGBAN_PROCESSES", str(_cores()), least=1, most=64),
            threads=_number("TONGBAN_THREADS", "4", least=1, most=64),
            log_level=os.environ.get("TONGBAN_LOG_LEVEL", "INFO").upper(),
            log_suite=_one_of("TONGBAN_LOG_SUITE", "intl-1", SUITES),
            peer_assurance=_levels("TONGBAN_PEER_ASSURANCE"),
        )
        if found.demo and not loopback:
            message = (
                f"TONGBAN_DEMO=1 lets anyone log in as anyone, so it runs on loopback only: "
                f"TONGBAN_HOST is {host!r}. Set TONGBAN_HOST=127.0.0.1 or TONGBAN_DEMO=0."
            )
            raise Misconfigured(message)
        return found

    @property
    def address(self) -> str:
        """The address people open in a browser on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _cores() -> int:
    """Return how many processors this process may use, at most 4: each costs memory."""
    # Not every system tells what a process may use.
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, 4)


def _switch(name: str, *, default: bool) -> bool:
    text = os.environ.get(name, "")
    if text not in {"", "0", "1"}:
        message = f"{name} must be 0 or 1, not {text!r}."
        raise Misconfigured(message)
    return text == "1" if text else default


def _number(name: str, default: str, *, least: int, most: int) -> int:
    text = os.environ.get(name) or default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        message = f"{name} must be a number from {least} to {most}, not {text!r}."
        raise Misconfigured(message)
    return int(text)


def _one_of(name: str, default: str, known: tuple[str, ...]) -> str:
    text = os.environ.get(name) or default
    if text not in known:
        message = f"{name} must be one of {', '.join(known)}, not {text!r}."
        raise Misconfigured(message)
    return text


def _names(name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in os.environ.get(name, "").split(",") if part.strip())


def _levels(name: str) -> dict[str, int]:
    """Return a level of assurance by node; ``*`` stands for those that are not named."""
    found = {}
    for part in _names(name):
        node, _, level = part.partition("=")
        if not node or level not in {"1", "2", "3"}:
            message = f"{name} must be NODE=LEVEL with a level from 1 to 3, not {part!r}."
            raise Misconfigured(message)
        found[node] = int(level)
    return found
