"""Checkpoints (C2SP tlog-checkpoint): the text that a log signs about its tree."""

from typing import NamedTuple, Self

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.text import base64_of, is_line, read_hash, read_number

_LINES = 3


class Checkpoint(NamedTuple):
    """What a log says of itself: its origin, its size and the 32 bytes of its root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text, three lines (tlog-checkpoint, Note text).

        Raises Malformed if the parts can't stand in a checkpoint.
        """
        text = f"{self.origin}\n{self.size}\n{base64_of(self.root)}\n"
        if self.parse(text) != self:
            message = f"no checkpoint can have the origin {self.origin[:80]!r}"
            raise Malformed(message)
        return text

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note text that is a checkpoint; Malformed for any other.

        A checkpoint with extension lines is refused: nothing audits them, and an ML-DSA-44
        cosignature doesn't cover them. Whether the root fits the size is not looked at.
        """
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[-1] or not is_line(lines[0]):
            message = "a checkpoint is three lines: origin, size, root; no extension lines"
            raise Malformed(message)
        return cls(lines[0], read_number(lines[1]), read_hash(lines[2]))
