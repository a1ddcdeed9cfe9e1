"""The spool: durable when told so, read to the last whole record whatever happened after it."""

import errno
import io
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.evidence import spool as spool_module
from tongban.evidence.spool import (
    MAX_PAYLOAD,
    End,
    Spool,
    framed,
    is_abandoned,
    read_records,
    segments,
)

payload_lists = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def read(content: bytes, limit: int = 1_000) -> tuple[list[bytes], int, End]:
    found = read_records(io.BytesIO(content), offset=0, limit=limit)
    offset = found.records[-1][1] if found.records else 0
    return [payload for payload, _ in found.records], offset, found.end


def plain(_segment: str, clear: bytes) -> bytes:
    return clear


def stored(folder: Path) -> list[bytes]:
    return [payload for path in segments(folder) for payload in read(path.read_bytes())[0]]


@given(payload_lists)
def test_whole_records_are_read_as_written(payloads: list[bytes]) -> None:
    content = b"".join(map(framed, payloads))
    assert read(content) == (payloads, len(content), End.CLEAN)


@given(payload_lists, st.data())
def test_cut_anywhere_the_whole_prefix_is_read(payloads: list[bytes], data: st.DataObject) -> None:
    content = b"".join(map(framed, payloads))
    cut = data.draw(st.integers(0, len(content)))
    ends = [len(b"".join(map(framed, payloads[:n]))) for n in range(len(payloads) + 1)]
    whole = max(n for n, end in enumerate(ends) if end <= cut)
    end = End.CLEAN if ends[whole] == cut else End.TORN
    assert read(content[:cut]) == (payloads[:whole], ends[whole], end)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_failing(content: bytes) -> None:
    payloads, offset, end = read(content)
    assert b"".join(map(framed, payloads)) == content[:offset]
    assert (end is End.CLEAN) == (offset == len(content))


@given(payload_lists.filter(bool), st.data())
def test_a_flipped_bit_is_never_read_as_a_record(
    payloads: list[bytes], data: st.DataObject
) -> None:
    content = bytearray(b"".join(map(framed, payloads)))
    place = data.draw(st.integers(0, len(content) * 8 - 1))
    content[place // 8] ^= 1 << (place % 8)
    found, _, end = read(bytes(content))
    assert found == payloads[: len(found)]
    assert len(found) < len(payloads)
    assert end is not End.CLEAN


def test_zeros_after_the_records_are_damage() -> None:
    assert read(framed(b"a") + bytes(20)) == ([b"a"], 9, End.DAMAGED)


def test_a_limit_and_an_offset_walk_through() -> None:
    file = io.BytesIO(framed(b"a") + framed(b"bc") + framed(b"d"))
    first = read_records(file, offset=0, limit=2)
    assert (first.records, first.end) == ([(b"a", 9), (b"bc", 19)], End.CLEAN)
    rest = read_records(file, offset=19, limit=2)
    assert (rest.records, rest.end) == ([(b"d", 28)], End.CLEAN)


@pytest.mark.parametrize("payload", [b"", b"x" * (MAX_PAYLOAD + 1)])
def test_what_is_no_record_is_not_written(tmp_path: Path, payload: bytes) -> None:
    spool = Spool(tmp_path, plain)
    with pytest.raises(ValueError, match="1 to"):
        spool.append(payload)
    spool.append(b"a")
    assert stored(tmp_path) == [b"a"]
    spool.close()


def test_threads_share_syncs_and_every_record_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    first, go_on = threading.Event(), threading.Event()

    def slow_sync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)
        first.set()
        go_on.wait()

    spool = Spool(tmp_path, plain)
    spool.append(b"start")
    monkeypatch.setattr(os, "fsync", slow_sync)
    returned: list[bytes] = []

    def write(payload: bytes) -> None:
        spool.append(payload)
        returned.append(payload)

    names = [f"{n:02}".encode() for n in range(12)]
    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    threads[0].start()
    first.wait()  # the leader is in its fsync; the others come meanwhile
    for thread in threads[1:]:
        thread.start()
    while spool._batch is None or len(spool._batch.bytes) < 11 * len(framed(b"00")):
        time.sleep(0.001)
    assert returned == []
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(synced) == 2
    assert sorted(returned) == names
    assert sorted(stored(tmp_path)) == [*names, b"start"]
    spool.close()


def test_a_failed_write_fails_everyone_in_it_and_the_next_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, plain)
    spool.append(b"before")

    def full(descriptor: int, content: bytes | memoryview) -> int:
        if len(content) > 3:
            return os.pwrite(descriptor, content[:3], 0)
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="no space"):
            spool.append(b"lost")
    spool.append(b"after")
    assert sorted(stored(tmp_path)) == [b"after", b"before"]
    assert len(segments(tmp_path)) == 2
    spool.close()


def test_a_full_segment_is_left_and_can_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "SEGMENT_BYTES", 30)
    spool = Spool(tmp_path, plain)
    for n in range(5):
        spool.append(f"record-{n}".encode())
    states = []
    for path in segments(tmp_path):
        with path.open("rb") as file:
            states.append((len(read(file.read())[0]), is_abandoned(file)))
    assert sorted(states) == [(1, False), (2, True), (2, True)]
    spool.close()
    for path in segments(tmp_path):
        with path.open("rb") as file:
            assert is_abandoned(file)


def test_segments_are_private(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", plain)
    spool.append(b"a")
    (path,) = segments(tmp_path / "spool")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    spool.close()
