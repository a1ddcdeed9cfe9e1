"""Forms with files are read as Django reads them, and what is no form is refused."""

from io import BytesIO

import pytest
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from tongban.channels import multipart

BOUNDARY = "----limit-of-a-part"
KIND = f"multipart/form-data; boundary={BOUNDARY}"

_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
_NAME = st.from_regex(r"[a-z_][a-z0-9_.]{0,20}", fullmatch=True)
_FIELDS = st.lists(st.tuples(_NAME, _TEXT), max_size=6)
_FILES = st.lists(
    st.tuples(_NAME, st.from_regex(r"[a-z一-龥 ]{1,12}\.pdf", fullmatch=True), st.binary()),
    max_size=3,
)


def part(name: str, content: bytes, *more: str, file_name: str | None = None) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if file_name is not None:
        disposition += f'; filename="{file_name}"'
    head = "\r\n".join((f"--{BOUNDARY}", disposition, *more))
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


def whole(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def parse(body: bytes) -> multipart.Parsed:
    return multipart.parse(KIND, BytesIO(body))


class _InMemory(MemoryFileUploadHandler):
    def handle_raw_input(self, *_args: object, **_kwargs: object) -> None:
        self.activated = True


def as_django_does(body: bytes) -> multipart.Parsed:
    meta = {"CONTENT_TYPE": KIND, "CONTENT_LENGTH": str(len(body))}
    return MultiPartParser(meta, BytesIO(body), [_InMemory()]).parse()


@given(fields=_FIELDS, files=_FILES)
def test_fields_and_files_are_read_as_django_reads_them(
    fields: list[tuple[str, str]], files: list[tuple[str, str, bytes]]
) -> None:
    if any(BOUNDARY in value for _, value in fields):
        return
    body = whole(
        *(part(name, value.encode()) for name, value in fields),
        *(
            part(name, content, "Content-Type: application/pdf", file_name=file_name)
            for name, file_name, content in files
        ),
    )
    own_fields, own_files = parse(body)
    their_fields, their_files = as_django_does(body)
    assert own_fields == their_fields
    assert list(own_files) == list(their_files)
    for name in own_files:
        ours, theirs = own_files.getlist(name), their_files.getlist(name)
        assert [(one.name, one.size, one.content_type) for one in ours] == [
            (one.name, one.size, one.content_type) for one in theirs
        ]
        assert [one.read() for one in ours] == [one.read() for one in theirs]


def test_a_file_field_without_a_file_is_left_out() -> None:
    fields, files = parse(whole(part("paper", b"", file_name=""), part("name", b"x")))
    assert (fields.dict(), dict(files)) == ({"name": "x"}, {})


def test_a_path_in_a_file_name_is_no_path() -> None:
    _, files = parse(whole(part("paper", b"%PDF", file_name="C:\\\\papers\\\\a.pdf")))
    assert [one.name for one in files.getlist("paper")] == ["a.pdf"]
    _, files = parse(whole(part("paper", b"%PDF", file_name="../../etc/passwd")))
    assert [one.name for one in files.getlist("paper")] == ["passwd"]


@given(cut=st.integers(min_value=0))
def test_a_form_that_was_broken_off_is_refused(cut: int) -> None:
    body = whole(part("name", b"x" * 40), part("paper", b"%PDF", file_name="a.pdf"))
    short = body[: cut % (len(body) - 2)]  # the last line's end may be missing
    with pytest.raises(MultiPartParserError):
        parse(short)


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_as_malformed(body: bytes) -> None:
    with pytest.raises(MultiPartParserError):
        parse(body)


@pytest.mark.parametrize(
    "body",
    [
        b"--" + BOUNDARY.encode() + b"\r\nContent-Type: text/plain\r\n\r\nx\r\n",
        b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: form-data\r\n\r\nx\r\n",
        part("name", b"eA==", "Content-Transfer-Encoding: base64"),
    ],
)
def test_a_part_that_says_not_what_it_is_is_refused(body: bytes) -> None:
    with pytest.raises(MultiPartParserError):
        parse(whole(body))


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(MultiPartParserError):
        multipart.parse("multipart/form-data", BytesIO(whole(part("a", b"b"))))


@override_settings(
    DATA_UPLOAD_MAX_NUMBER_FIELDS=2, DATA_UPLOAD_MAX_NUMBER_FILES=1, DATA_UPLOAD_MAX_MEMORY_SIZE=10
)
def test_the_limits_of_the_settings_hold() -> None:
    field, file = part("a", b"12345"), part("f", b"x" * 99, file_name="a.pdf")
    assert len(parse(whole(field, field, file))[0].getlist("a")) == 2
    with pytest.raises(TooManyFieldsSent):
        parse(whole(field, field, field))
    with pytest.raises(TooManyFilesSent):
        parse(whole(file, file))
    with pytest.raises(RequestDataTooBig):
        parse(whole(part("a", b"x" * 11)))


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_malformed_form_is_answered_with_a_page_that_says_so() -> None:
    answer = Client().post("/language/", data=whole(b"--"), content_type=KIND)
    assert answer.status_code == 400
    assert "channels.bad_request" in answer.content.decode()


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_form_of_too_many_fields_is_answered_as_too_large() -> None:
    body = whole(*[part("a", b"b")] * 501)
    answer = Client().post("/language/", data=body, content_type=KIND)
    assert answer.status_code == 413
    assert "channels.too_large" in answer.content.decode()
