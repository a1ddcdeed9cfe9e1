"""Kinds, names, active content."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.documents import errors, rules
from tongban.kernel.errors import all_refusals

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(40)
JPEG = bytes.fromhex("ffd8ffe000104a46494600010101") + bytes(40)
EXIF = bytes.fromhex("ffd8ffe1") + b"\x12\x34Exif\0\0MM\0*" + bytes(40)
RAW_JPEG = bytes.fromhex("ffd8ffdb0043") + b"\x01" * 40
GIF = b"GIF89a" + bytes(40)
EXE = b"MZ\x90\0" + bytes(100)
DOCX = b"PK\x03\x04\x14\0\x06\0[Content_Types].xml" + bytes(60)
SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'>"
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
TEXT = "营业执照 见附件".encode()


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (PDF, "a.pdf", "application/pdf"),
        (PDF, "扫描件.PDF", "application/pdf"),
        (b"%PDF-2.0\r\n", "a.pdf", "application/pdf"),
        (PNG, "a.png", "image/png"),
        (JPEG, "a.jpg", "image/jpeg"),
        (EXIF, "IMG_0001.JPEG", "image/jpeg"),
        (RAW_JPEG, "a.jpe", "image/jpeg"),
        (JPEG, "a.jfif", "image/jpeg"),
        (JPEG, "a.exe.jpg", "image/jpeg"),
    ],
)
def test_a_kind_is_told_by_its_bytes(head: bytes, name: str, media_type: str) -> None:
    assert rules.media_type_of(head=head, name=name) == media_type


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (EXE, "a.pdf"),
        (HTML, "a.jpg"),
        (DOCX, "a.pdf"),
        (TEXT, "a.png"),
        (b"\n" + PDF, "a.pdf"),
        (b"\xff\xd8", "a.jpg"),
        (b"%", "a.pdf"),
        (PNG, "a.jpg"),
        (JPEG, "a.png"),
        (PDF, "a.jpg"),
        (JPEG, "a.pdf"),
        (JPEG, "a.heic"),
        (PDF, "a.html"),
        (PDF, "a"),
        (PDF, "a.pdf.exe"),
    ],
)
def test_bytes_and_extension_that_disagree_are_refused(head: bytes, name: str) -> None:
    with pytest.raises(errors.Disguised):
        rules.media_type_of(head=head, name=name)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (GIF, "a.gif"),
        (EXE, "a.exe"),
        (DOCX, "a.docx"),
        (SVG, "a.svg"),
        (HTML, "a.html"),
        (TEXT, "a.txt"),
        (TEXT, "a"),
        (bytes(1024), "a.bin"),
    ],
)
def test_other_kinds_are_refused(head: bytes, name: str) -> None:
    with pytest.raises(errors.UnsupportedType):
        rules.media_type_of(head=head, name=name)


@given(st.sampled_from([PDF, PNG, JPEG]), st.binary(max_size=1000))
def test_what_follows_the_first_bytes_does_not_change_the_kind(start: bytes, rest: bytes) -> None:
    expected = {PDF: "application/pdf", PNG: "image/png", JPEG: "image/jpeg"}[start]
    name = {PDF: "a.pdf", PNG: "a.png", JPEG: "a.jpg"}[start]
    assert rules.media_type_of(head=start + rest, name=name) == expected


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("身份证.pdf", "身份证.pdf"),
        ("C:\\Users\\wang\\身份证.pdf", "身份证.pdf"),
        ("../../etc/passwd.png", "passwd.png"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("  照 片 .jpg ", "照 片.jpg"),
        ("e\u0301.pdf", "\u00e9.pdf"),
        ("𬭎.pdf", "𬭎.pdf"),
        ("no extension", "no extension"),
        ("a.PDF", "a.PDF"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
        ("half\ud800.pdf", "half.pdf"),
    ],
)
def test_a_name_is_tidied(given_name: str, kept: str) -> None:
    assert rules.clean_name(given_name) == kept


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "/", "a/", "\u202e", ".pdf", "a." + "x" * 300]
)
def test_a_name_without_anything_is_refused(name: str) -> None:
    with pytest.raises(errors.BadName):
        rules.clean_name(name)


@given(st.text(max_size=260) | st.text("a./\\ \u202e\x00é", max_size=30))
def test_a_tidied_name_is_safe_and_stays_as_it_is(text: str) -> None:
    try:
        name = rules.clean_name(text)
    except errors.BadName:
        return
    assert 0 < len(name) <= rules.NAME_LENGTH
    assert not {"/", "\\"} & set(name)
    assert not any(unicodedata.category(one) in {"Cc", "Cf", "Cs"} for one in name)
    assert name == name.strip(" .")
    assert rules.clean_name(name) == name
    name.encode("utf-8")


ACTIVE = [
    b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
    b"<< /S/JavaScript/JS 5 0 R >>",
    b"<</Names[(a)<</S /JavaScript\n>>]>>",
    b"<< /OpenAction << /S /JavaScript /JS (x) >> >>",
    b"<< /S /J#61vaScript /JS (x) >>",
    b"<< /S /#4a#61#76#61#53#63#72#69#70#74 /JS (x) >>",
    b"<< /S /Launch /F (calc.exe) >>",
    b"<< /Launch<< >> >>",
]
HARMLESS = [
    b"<< /OpenAction [3 0 R /Fit] >>",
    b"<< /S /GoTo /D [3 0 R /Fit] >>",
    b"<< /Title (JavaScript for offices) >>",
    b"<< /LaunchPad true /JavaScripts 1 >>",
    b"/JS",
]


def scan(content: bytes, block: int) -> None:
    looking = rules.ActiveContentScan()
    for start in range(0, len(content), block):
        looking.feed(content[start : start + block])


@pytest.mark.parametrize("content", ACTIVE)
@pytest.mark.parametrize("block", [1, 7, 64, 100_000])
def test_active_content_is_found_however_the_bytes_are_cut(content: bytes, block: int) -> None:
    with pytest.raises(errors.ActiveContent):
        scan(PDF + b"x" * 5000 + content + b"\n%%EOF", block)


@given(st.sampled_from(ACTIVE), st.binary(max_size=300), st.integers(1, 200))
def test_active_content_is_found_wherever_it_stands(
    content: bytes, before: bytes, block: int
) -> None:
    with pytest.raises(errors.ActiveContent):
        scan(PDF + before + b"\n" + content, block)


@pytest.mark.parametrize("content", HARMLESS)
@pytest.mark.parametrize("block", [1, 100_000])
def test_harmless_content_passes(content: bytes, block: int) -> None:
    scan(PDF + content + b"\n%%EOF", block)


class Slow:
    """A stream that gives fewer bytes than asked for, as a socket does."""

    def __init__(self, content: bytes, at_once: int) -> None:
        self.content, self.at_once = content, at_once

    def read(self, size: int, /) -> bytes:
        given_now = self.content[: min(size, self.at_once)]
        self.content = self.content[len(given_now) :]
        return given_now


@given(st.binary(min_size=1, max_size=5000), st.integers(1, 3000))
def test_blocks_join_to_the_stream_and_the_first_is_long_enough(
    content: bytes, at_once: int
) -> None:
    pieces = [content[start : start + at_once] for start in range(0, len(content), at_once)]
    for stream in (Slow(content, at_once), pieces, iter(pieces)):
        blocks = list(rules.blocks_of(stream))
        assert b"".join(blocks) == content
        assert len(blocks[0]) >= min(len(content), rules.HEAD)


@pytest.mark.parametrize("stream", [Slow(b"", 10), [], [b"", b""]])
def test_an_empty_stream_is_refused(stream: rules.Readable | list[bytes]) -> None:
    with pytest.raises(errors.Empty):
        list(rules.blocks_of(stream))


def test_no_refusal_can_carry_a_file_name() -> None:
    ours = [one for one in all_refusals() if one.__module__ == errors.__name__]
    assert len(ours) == 8
    for one in ours:
        assert one.code.startswith("documents.")
        fields = {"limit": 20} if one is errors.TooLarge else {}
        assert one(**fields).fields == fields
