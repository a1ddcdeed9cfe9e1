"""What the core refuses. All are ValueErrors; their texts are English, for operators and tests."""


class Fault(ValueError):  # noqa: N818 - what is at fault is the input
    """Base of everything that the core raises for bytes that it was given."""


class Malformed(Fault):
    """A text, a tile or a key that is not in its format."""


class BadProof(Fault):
    """Hashes that don't prove what they are said to prove."""


class BadSignature(Fault):
    """A signature of a known key that is not good, or no signature of a known key at all."""


class QuorumMissed(Fault):
    """Too few of the policy's witnesses cosigned."""
