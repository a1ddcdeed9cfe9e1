"""The crypto suites of the evidence log behind one interface: intl-1, gm-1, pq-1.

A suite says how a key is made, how a message is signed and verified, and how data is digested.
Which suite applies follows from the record of a key, never from a message. Private keys, public
keys and signatures are raw bytes of one length each; no object of a crypto library leaves here.

A suite is given out only after it has repeated the published answers in ``known_answers.json``.
One whose library is missing or answers wrongly is off; the others still work.

>>> suite("intl-1").digest(b"abc").hex()[:16]
'ba7816bf8f01cfea'
"""

from tongban.kernel.suites.interface import PrivateKeyError, SelfTest, Suite, SuiteOff, UnknownSuite
from tongban.kernel.suites.registry import NAMES, self_tests, suite

__all__ = [
    "NAMES",
    "PrivateKeyError",
    "SelfTest",
    "Suite",
    "SuiteOff",
    "UnknownSuite",
    "self_tests",
    "suite",
]
