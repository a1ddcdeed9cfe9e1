"""Which suites there are, and the self-test that each must pass before it is given out."""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from tongban.kernel.suites import gm, intl, pq
from tongban.kernel.suites.interface import Loaded, SelfTest, Suite, SuiteOff, UnknownSuite

Loader = Callable[[], Loaded]

LOADERS: Mapping[str, Loader] = MappingProxyType(
    {"intl-1": intl.load, "gm-1": gm.load, "pq-1": pq.load}
)

NAMES = tuple(LOADERS)
"""The names of all suites, whether they work on this machine or not."""


class Suites:
    """Suites that are loaded and tested when first asked for, once; any thread may ask."""

    def __init__(self, loaders: Mapping[str, Loader] = LOADERS) -> None:
        """Keep the loaders by their suites' names; nothing is loaded yet."""
        self._loaders = loaders
        self._lock = threading.Lock()
        self._tried: dict[str, tuple[SelfTest, Suite | SuiteOff]] = {}

    def suite(self, name: str) -> Suite:
        """Return a suite that has passed its self-test. UnknownSuite; SuiteOff when it is off."""
        if name not in self._loaders:
            raise UnknownSuite(name)
        found = self._try(name)[1]
        if isinstance(found, SuiteOff):
            raise SuiteOff(found.suite, found.why)
        return found

    def self_tests(self) -> tuple[SelfTest, ...]:
        """Return the outcome of every suite's self-test."""
        return tuple(self._try(name)[0] for name in self._loaders)

    def _try(self, name: str) -> tuple[SelfTest, Suite | SuiteOff]:
        with self._lock:
            if name not in self._tried:
                self._tried[name] = _try(name, self._loaders[name])
            return self._tried[name]


def _try(name: str, load: Loader) -> tuple[SelfTest, Suite | SuiteOff]:
    """Load a suite and compare it with its known answers."""
    try:
        loaded = load()
        wrong = _wrong_answers(loaded.suite)
    except SuiteOff as error:
        return SelfTest(suite=name, ok=False, line=str(error)), error
    if wrong:
        off = SuiteOff(name, f"{loaded.made_of}: {wrong}")
        return SelfTest(suite=name, ok=False, line=str(off)), off
    source = _known_answers()[name]["source"]
    line = f"{name} works: {loaded.made_of} agree with {source}"
    return SelfTest(suite=name, ok=True, line=line), loaded.suite


def _wrong_answers(suite: Suite) -> str | None:
    """Return the first known answer that ``suite`` fails to give, or None."""
    known = _known_answers()[suite.name]
    for each in known["digests"]:
        if suite.digest(bytes.fromhex(each["data"])).hex() != each["digest"]:
            return f"the digest of {each['name']} is wrong"
    for each in known["signatures"]:
        private, message = bytes.fromhex(each["private"]), bytes.fromhex(each["message"])
        signature = bytes.fromhex(each["signature"])
        public = suite.public(private)
        if hashlib.sha256(public).hexdigest() != each["public_sha256"]:
            return f"the public key of {each['name']} is wrong"
        if not suite.verify(public, message, signature):
            return f"the signature of {each['name']} is not accepted"
        if suite.verify(public, message + b"!", signature):
            return f"the signature of {each['name']} is accepted for another message"
        signed = suite.sign(private, message)
        if (each["repeats"] and signed != signature) or not suite.verify(public, message, signed):
            return f"signing the message of {each['name']} gives a wrong signature"
    return None


@cache
def _known_answers() -> dict[str, dict[str, Any]]:
    """Return the published answers; all bytes are hexadecimal, as their sources print them."""
    text = files(__package__).joinpath("known_answers.json").read_text(encoding="utf-8")
    answers: dict[str, dict[str, Any]] = json.loads(text)
    return answers


_OF_THIS_PROCESS = Suites()


def suite(name: str) -> Suite:
    """Return the suite ``intl-1``, ``gm-1`` or ``pq-1``, which has passed its self-test.

    UnknownSuite (a ValueError) for another name; SuiteOff when the suite is off on this machine.
    """
    return _OF_THIS_PROCESS.suite(name)


def self_tests() -> tuple[SelfTest, ...]:
    """Return what the self-test of each suite found; each is run once in a process."""
    return _OF_THIS_PROCESS.self_tests()
