"""A spool of records that are durable when ``append`` returns. Plain Python, no Django.

Each process writes its own segment, ``<name>.looks``, and holds an flock on it while it lives. A
record is a 4-byte length, the CRC-32 of the payload (both big-endian) and the payload. Threads
that append at the same time share one write and one fsync: the first one leads, the others wait
for it (group commit).

A process that dies while writing leaves the beginning of a record at the end. Nobody was told
that it is durable: it is torn, and ignored. Any other unreadable bytes are damage.
"""

import fcntl
import os
import secrets
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

SUFFIX = ".looks"
DAMAGED = ".damaged"
MAX_PAYLOAD = 64 * 1024
SEGMENT_BYTES = 4 * 1024 * 1024
"""A segment of this size is closed and another one begun."""

_HEAD = struct.Struct(">II")


class End(StrEnum):
    """What stands after the last whole record that was read."""

    CLEAN = "clean"  # nothing, or more whole records
    TORN = "torn"  # the beginning of a record
    DAMAGED = "damaged"  # bytes that no writer has written


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Payloads in the order they were written, each with the offset after it; what follows."""

    records: list[tuple[bytes, int]]
    end: End


def framed(payload: bytes) -> bytes:
    """Return a payload as it stands in a segment; ValueError if it is empty or over 64 KiB."""
    if not 0 < len(payload) <= MAX_PAYLOAD:
        message = f"a record has 1 to {MAX_PAYLOAD} bytes, not {len(payload)}"
        raise ValueError(message)
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read_records(file: BinaryIO, *, offset: int, limit: int) -> Read:
    """Read at most ``limit`` whole records from ``offset`` on; never fails on any bytes."""
    file.seek(offset)
    records: list[tuple[bytes, int]] = []
    end = End.CLEAN
    while len(records) < limit:
        head = file.read(_HEAD.size)
        if not head:
            break
        if len(head) < _HEAD.size:
            end = End.TORN
            break
        length, check = _HEAD.unpack(head)
        if not 0 < length <= MAX_PAYLOAD:
            end = End.DAMAGED
            break
        payload = file.read(length)
        if len(payload) < length:
            end = End.TORN
            break
        if zlib.crc32(payload) != check:
            end = End.DAMAGED
            break
        offset += _HEAD.size + length
        records.append((payload, offset))
    return Read(records=records, end=end)


def segments(folder: Path) -> list[Path]:
    """Return the segments in a folder, oldest name first; none if there is no folder."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def is_abandoned(file: BinaryIO) -> bool:
    """Tell whether no process writes the open segment any more.

    The answer True keeps the lock until ``file`` is closed, so one reader gets it at a time.
    """
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(slots=True, eq=False)
class _Segment:
    name: str
    descriptor: int
    size: int = 0
    open_batches: int = 0
    failed: bool = False


@dataclass(slots=True, eq=False)
class _Batch:
    segment: _Segment
    bytes: bytearray = field(default_factory=bytearray)
    done: bool = False
    error: OSError | None = None


class Spool:
    """One process's end of the spool in ``folder``, for all its threads.

    ``seal(segment, clear)`` makes a record's payload for the segment of that name.
    """

    def __init__(self, folder: Path, seal: Callable[[str, bytes], bytes]) -> None:
        """Open nothing yet; the first record makes the folder and the segment."""
        self.folder = folder
        self._seal = seal
        self._turn = threading.Condition()
        self._leading = False
        self._segment: _Segment | None = None
        self._batch: _Batch | None = None

    def append(self, clear: bytes) -> None:
        """Write a record; it is on disk when this returns. OSError: it may not be.

        After an error the segment is left behind and the next record begins another one.
        """
        with self._turn:
            batch = self._join(clear)
            while self._leading and not batch.done:
                self._turn.wait()
            if not batch.done:
                self._leading = True
                if self._batch is batch:
                    self._batch = None  # from here on others fill the next one
        if not batch.done:
            self._lead(batch)
        if batch.error is not None:
            raise batch.error

    def close(self) -> None:
        """Let go of the segment, so that a reader may finish it; no thread may be appending."""
        segment, self._segment, self._batch = self._segment, None, None
        if segment is not None:
            os.close(segment.descriptor)

    def _join(self, clear: bytes) -> _Batch:
        """Put a record into the batch that is being filled. Under the lock."""
        if self._segment is None:
            self._segment = self._new_segment()
        segment = self._segment
        record = framed(self._seal(segment.name, clear))
        if self._batch is None or self._batch.segment is not segment:
            self._batch = _Batch(segment)
            segment.open_batches += 1
        self._batch.bytes += record
        return self._batch

    def _lead(self, batch: _Batch) -> None:
        """Write a batch for everyone in it, and wake them."""
        error: OSError | None = OSError("interrupted")
        try:
            if batch.segment.failed:
                error = OSError("the segment failed before")
            else:
                _write(batch.segment.descriptor, batch.bytes)
                error = None
        except OSError as caught:
            error = caught
        finally:
            with self._turn:
                self._leading = False
                batch.error, batch.done = error, True
                self._after(batch)
                self._turn.notify_all()

    def _after(self, batch: _Batch) -> None:
        """Leave a full or failed segment; close it after its last batch. Under the lock."""
        segment = batch.segment
        segment.size += len(batch.bytes)
        segment.failed = segment.failed or batch.error is not None
        segment.open_batches -= 1
        if self._segment is segment and (segment.failed or segment.size >= SEGMENT_BYTES):
            self._segment = None
        if self._segment is not segment and segment.open_batches == 0:
            os.close(segment.descriptor)

    def _new_segment(self) -> _Segment:
        """Make a locked, empty segment. It gets its suffix last: no reader sees it unlocked."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{os.getpid()}-{secrets.token_hex(12)}"
        made = self.folder / f"{name}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(made, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            made.rename(self.folder / (name + SUFFIX))
            _sync_folder(self.folder)
            _sync_folder(self.folder.parent)
        except BaseException:
            os.close(descriptor)
            raise
        return _Segment(name, descriptor)


def _write(descriptor: int, content: bytearray) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
