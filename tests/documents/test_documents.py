"""Taking, reading, discarding, sweeping."""

import hashlib
import io
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from tongban.documents import api, errors, handlers, store
from tongban.documents.models import Document
from tongban.kernel import clock
from tongban.vault import api as vault
from tongban.vault.errors import KeyDestroyed, Tampered

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

PLACE = "131028"
PERSON = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b60"
OTHER = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b61"
CASE = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b70"
OWNER = ("case", CASE)
CHUNK = vault.CHUNK
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
JPEG = bytes.fromhex("ffd8ffe000104a46494600010101")

Take = Callable[..., api.DocumentView]


def noise(start: bytes, length: int) -> bytes:
    return start + random.Random(1).randbytes(length - len(start))  # noqa: S311 - made-up content


def files(home: Path) -> list[Path]:
    return [path for path in (home / "files").rglob("*") if path.is_file()]


def opened(document_id: str, key: vault.DataKey) -> bytes:
    return b"".join(api.read(document_id=document_id, key=key))


def stored(document_id: str) -> Path:
    return store.path_of(Document.objects.get(id=document_id).stored_name)


def untouched(home: Path) -> bool:
    return not files(home) and not Document.objects.exists()


@pytest.mark.parametrize(
    "length", [100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 300_000]
)
def test_the_bytes_that_come_out_are_the_bytes_that_came_in(
    take: Take, key: vault.DataKey, length: int
) -> None:
    content = noise(JPEG, length)
    taken = take(stream=io.BytesIO(content), filename="照片.jpg")
    assert opened(taken.id, key) == content
    assert taken.size == length


def test_a_view_says_what_was_taken(take: Take, key: vault.DataKey) -> None:
    moment = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    expected = vault.digest_writer()
    expected.update(PDF)
    with clock.held_at(moment):
        taken = take(stream=[PDF[:5], PDF[5:]], filename="C:\\扫描\\身份证.pdf")
    assert taken == api.DocumentView(
        id=taken.id,
        owner=OWNER,
        name="身份证.pdf",
        media_type="application/pdf",
        size=len(PDF),
        digest_hex=expected.hexdigest(),
        created_at=moment,
    )
    assert api.view(document_id=taken.id, key=key) == taken
    assert api.owner_of(document_id=taken.id) == OWNER
    assert "身份证" not in repr(taken)
    row = Document.objects.get()
    assert (row.place_id, row.key_person, row.key_case) == (PLACE, PERSON, CASE)


def test_neither_name_nor_bytes_stand_in_the_clear(take: Take, home: Path) -> None:
    taken = take(stream=[PDF + b"secret words" * 10], filename="王敏的身份证.pdf")
    on_disk = stored(taken.id).read_bytes()
    assert b"secret" not in on_disk
    assert b"%PDF" not in on_disk
    assert "王敏".encode() not in bytes(Document.objects.get().name)
    assert "王敏" not in str(stored(taken.id))
    assert len(files(home)) == 1


def test_the_same_bytes_taken_twice_are_two_files_with_one_digest(take: Take) -> None:
    first, second = take(stream=[PDF]), take(stream=[PDF])
    assert first.digest_hex == second.digest_hex
    assert stored(first.id) != stored(second.id)
    assert stored(first.id).read_bytes()[33:] != stored(second.id).read_bytes()[33:]


def test_the_size_limit_is_kept_to_the_byte(take: Take, home: Path, key: vault.DataKey) -> None:
    content = noise(PNG, 2 * 1024 * 1024)
    limit = len(content)
    taken = take(stream=io.BytesIO(content), filename="a.png", limit_bytes=limit)
    assert opened(taken.id, key) == content
    with pytest.raises(errors.TooLarge) as caught:
        take(stream=io.BytesIO(content + b"x"), filename="a.png", limit_bytes=limit)
    assert caught.value.fields == {"limit": 2}
    assert len(files(home)) == Document.objects.count() == 1


def test_the_limit_is_20_mib_unless_said_otherwise(take: Take, home: Path) -> None:
    blocks = [PNG, *[bytes(1024 * 1024)] * 20]
    with pytest.raises(errors.TooLarge) as caught:
        take(stream=blocks, filename="a.png")
    assert caught.value.fields == {"limit": 20}
    assert untouched(home)


def test_an_endless_stream_is_cut_off_at_the_limit(take: Take, home: Path) -> None:
    drawn = 0

    def endless() -> Iterator[bytes]:
        nonlocal drawn
        while True:
            drawn += 1
            yield PNG + bytes(1024 * 1024 - len(PNG))

    with pytest.raises(errors.TooLarge):
        take(stream=endless(), filename="a.png", limit_bytes=3 * 1024 * 1024)
    assert drawn == 4
    assert untouched(home)


@pytest.mark.parametrize(
    ("content", "filename", "refusal"),
    [
        (b"", "a.pdf", errors.Empty),
        (b"GIF89a" + bytes(50), "a.gif", errors.UnsupportedType),
        (b"MZ" + bytes(100), "a.pdf", errors.Disguised),
        (PNG + bytes(50), "a.pdf", errors.Disguised),
        (PDF, ".pdf", errors.BadName),
        (PDF + b"<< /S /JavaScript /JS (x) >>", "a.pdf", errors.ActiveContent),
        (PDF + bytes(200_000) + b"<< /S /Launch >>", "a.pdf", errors.ActiveContent),
    ],
)
def test_what_is_refused_leaves_nothing(
    take: Take, home: Path, content: bytes, filename: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        take(stream=io.BytesIO(content), filename=filename)
    assert untouched(home)


def test_a_picture_may_contain_what_a_pdf_may_not(take: Take, key: vault.DataKey) -> None:
    content = JPEG + b"/JavaScript /Launch "
    assert opened(take(stream=[content], filename="a.jpg").id, key) == content


def test_a_stream_that_breaks_off_leaves_nothing(take: Take, home: Path) -> None:
    def breaking() -> Iterator[bytes]:
        yield noise(PNG, 200_000)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        take(stream=breaking(), filename="a.png")
    assert untouched(home)


def test_a_row_that_can_t_be_written_leaves_no_file(take: Take, home: Path) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        take(stream=[PDF], place_id=None)
    assert untouched(home)


def test_the_file_is_there_before_its_row(take: Take, home: Path) -> None:
    seen: list[int] = []

    def watch(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - Django's wrapper
        if "documents_document" in sql:
            seen.append(len(files(home)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        take(stream=[PDF])
    assert seen == [1]


def test_taking_is_one_statement_and_so_is_every_reading(
    take: Take, key: vault.DataKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        taken = take(stream=[PDF])
    take(stream=[PDF])
    with django_assert_num_queries(1):
        api.view(document_id=taken.id, key=key)
    with django_assert_num_queries(1):
        assert len(api.of_owner(owner=OWNER, key=key)) == 2
    with django_assert_num_queries(1):
        opened(taken.id, key)
    with django_assert_num_queries(1):
        api.owner_of(document_id=taken.id)
    with django_assert_num_queries(1):
        api.digests(document_ids=[taken.id, taken.id])
    with django_assert_num_queries(0):
        assert api.digests(document_ids=[]) == []


def test_an_owner_s_documents_come_in_the_order_taken(take: Take, key: vault.DataKey) -> None:
    taken = [take(stream=[PDF], filename=f"{number}.pdf") for number in (3, 1, 2)]
    take(stream=[PDF], owner=("mandate", CASE))
    take(stream=[PDF], owner=("case", "tz-other"))
    assert api.of_owner(owner=OWNER, key=key) == taken
    assert api.of_owner(owner=("case", "tz-none"), key=key) == []


def salted(document_id: str, clear: bytes) -> str:
    """Return the digest that stands in evidence, as who is given the salt reckons it."""
    return hashlib.sha256(bytes(Document.objects.get(id=document_id).salt) + clear).hexdigest()


def test_digests_come_in_the_order_asked_and_unknown_ids_are_refused(take: Take) -> None:
    first, second = take(stream=[PDF]), take(stream=[PDF + b"2"])
    assert api.digests(document_ids=[second.id, first.id]) == [
        {"id": second.id, "digest": salted(second.id, PDF + b"2")},
        {"id": first.id, "digest": salted(first.id, PDF)},
    ]
    with pytest.raises(errors.DocumentNotFound):
        api.digests(document_ids=[first.id, "tz-unknown"])


@pytest.fixture
def long(take: Take) -> api.DocumentView:
    return take(stream=[noise(PNG, 3 * CHUNK + 10)], filename="a.png")


HEAD = 33
FULL = CHUNK + 16  # a chunk on the disk


def chunk(content: bytes, number: int) -> bytes:
    return content[HEAD + number * FULL : HEAD + (number + 1) * FULL]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _content: b"",
    "cut in the head": lambda content: content[:20],
    "without chunks": lambda content: content[:HEAD],
    "cut in a chunk": lambda content: content[:-5],
    "last chunk dropped": lambda content: content[: HEAD + 3 * FULL],
    "first chunk dropped": lambda content: content[:HEAD] + content[HEAD + FULL :],
    "chunks swapped": lambda content: (
        content[: HEAD + FULL] + chunk(content, 2) + chunk(content, 1) + chunk(content, 3)
    ),
    "chunk repeated": lambda content: content[: HEAD + FULL] + content[HEAD:],
    "bytes added": lambda content: content + b"x",
    "bit changed": lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_is_refused(long: api.DocumentView, key: vault.DataKey, kind: str) -> None:
    path = stored(long.id)
    path.write_bytes(DAMAGES[kind](path.read_bytes()))
    with pytest.raises(Tampered):
        opened(long.id, key)


def test_damage_at_the_start_shows_before_anything_is_sent(
    long: api.DocumentView, key: vault.DataKey
) -> None:
    path = stored(long.id)
    path.write_bytes(DAMAGES["bit changed"](path.read_bytes()))
    with pytest.raises(Tampered):
        api.read(document_id=long.id, key=key)


def test_another_document_s_file_is_refused(take: Take, key: vault.DataKey) -> None:
    first, second = take(stream=[PDF]), take(stream=[PDF])
    stored(first.id).write_bytes(stored(second.id).read_bytes())
    with pytest.raises(Tampered):
        api.read(document_id=first.id, key=key)


def test_another_person_s_key_opens_neither_name_nor_bytes(long: api.DocumentView) -> None:
    other = vault.make_key(place_id=PLACE, person_id=OTHER, case_id=CASE)
    with pytest.raises(Tampered):
        api.read(document_id=long.id, key=other)
    with pytest.raises(Tampered):
        api.view(document_id=long.id, key=other)


def test_a_row_with_another_size_is_refused(long: api.DocumentView, key: vault.DataKey) -> None:
    Document.objects.update(size=long.size - 1)
    with pytest.raises(Tampered):
        opened(long.id, key)


def test_a_missing_file_is_told_apart_from_a_missing_document(
    long: api.DocumentView, key: vault.DataKey
) -> None:
    stored(long.id).unlink()
    with pytest.raises(errors.FileMissing):
        api.read(document_id=long.id, key=key)
    for read in (api.read, api.view):
        with pytest.raises(errors.DocumentNotFound):
            read(document_id="tz-unknown", key=key)
    with pytest.raises(errors.DocumentNotFound):
        api.owner_of(document_id="tz-unknown")


def test_a_reader_that_stops_early_closes_the_file(
    long: api.DocumentView, key: vault.DataKey
) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    chunks = api.read(document_id=long.id, key=key)
    del chunks
    chunks = api.read(document_id=long.id, key=key)
    next(chunks)
    del chunks
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_discarding_takes_the_bytes_after_the_commit_and_leaves_the_digest(
    long: api.DocumentView,
    key: vault.DataKey,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    path, before = stored(long.id), api.digests(document_ids=[long.id])
    with django_capture_on_commit_callbacks(execute=True):
        api.discard(document_id=long.id)
        assert path.exists()
    assert not path.exists()
    for read in (api.read, api.view):
        with pytest.raises(errors.DocumentNotFound):
            read(document_id=long.id, key=key)
    assert api.of_owner(owner=OWNER, key=key) == []
    assert api.digests(document_ids=[long.id]) == before
    with django_capture_on_commit_callbacks(execute=True):
        api.discard(document_id=long.id)
    with pytest.raises(errors.DocumentNotFound):
        api.discard(document_id="tz-unknown")


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_discard_that_is_rolled_back_keeps_the_bytes(take: Take, key: vault.DataKey) -> None:
    taken = take(stream=[PDF])
    with transaction.atomic():
        api.discard(document_id=taken.id)
        transaction.set_rollback(True)
    assert opened(taken.id, key) == PDF
    api.discard(document_id=taken.id)
    assert not stored(taken.id).exists()


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_file_of_a_transaction_rolled_back_is_swept_a_day_later(
    take: Take, key: vault.DataKey, home: Path
) -> None:
    kept = take(stream=[PDF])
    with transaction.atomic():
        take(stream=[PDF])
        transaction.set_rollback(True)
    assert len(files(home)) == 2
    assert api.sweep_orphans() == 0
    with clock.held_at(clock.now() + timedelta(days=1, minutes=1)):
        assert api.sweep_orphans() == 1
        assert api.sweep_orphans() == 0
    assert files(home) == [stored(kept.id)]
    assert opened(kept.id, key) == PDF


def test_the_sweep_takes_what_a_crash_left_of_a_discarded_document(take: Take, home: Path) -> None:
    taken, kept = take(stream=[PDF]), take(stream=[PDF])
    Document.objects.filter(id=taken.id).update(state="discarded")
    with clock.held_at(clock.now() + timedelta(days=2)):
        handlers.sweep_orphans({})
    assert files(home) == [stored(kept.id)]


def test_the_sweep_works_in_batches(
    take: Take, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {stored(take(stream=[PDF]).id) for _ in range(5)}
    for _ in range(8):
        store.write(store.new_name(), [b"x"])
    monkeypatch.setattr("tongban.documents.actions._SWEPT_AT_ONCE", 3)
    with clock.held_at(clock.now() + timedelta(days=2)):
        assert api.sweep_orphans() == 8
    assert set(files(home)) == kept


def test_the_database_refuses_an_unknown_state_and_an_empty_file(long: api.DocumentView) -> None:
    for wrong in ({"state": "lost"}, {"size": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.update(**wrong)
    row = Document.objects.get()
    assert (row.state, row.size) == ("kept", long.size)


def test_after_destroying_the_keys_nothing_can_be_read(long: api.DocumentView) -> None:
    vault.destroy_keys(person_id=PERSON)
    with pytest.raises(KeyDestroyed):
        vault.key_of(place_id=PLACE, person_id=PERSON, case_id=CASE)
    assert stored(long.id).exists()
