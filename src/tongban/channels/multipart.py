"""Reads ``multipart/form-data`` (RFC 7578) with python-multipart, into Django's own shapes.

Django's own parser needs three times the CPU for a form of text and tiny parts. A file is kept in
memory, so that a person's papers never lie on the disk unencrypted: ``middleware.Problems`` limits
the request, so a web thread holds at most ``problems.MAX_REQUEST_BYTES``.
"""

from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.http import QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_CHUNK = 64 * 1024
_PLAIN = frozenset({b"", b"7bit", b"8bit", b"binary"})
"""Transfer encodings that change no byte; RFC 7578 section 4.7 deprecates all others."""

Parsed: TypeAlias = "tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]"


class Stream(Protocol):
    """A body that is being received."""

    def read(self, size: int | None = ..., /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


def parse(content_type: str, stream: Stream) -> Parsed:
    """Return fields and files of a whole body; a file field without a file is left out.

    Django's errors: MultiPartParserError for what is malformed or broken off (400),
    RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent (413) by the settings' limits.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        message = "a form without a boundary"
        raise MultiPartParserError(message)
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())
        while chunk := stream.read(_CHUNK):
            parser.write(chunk)
        parser.finalize()
    except FormParserError as malformed:
        raise MultiPartParserError(str(malformed)) from malformed
    if not form.ended:
        message = "the form was broken off"
        raise MultiPartParserError(message)
    form.fields._mutable = False  # noqa: SLF001 - as Django's own parser does
    return form.fields, form.files


class _Form:
    """Gathers the parts as the parser meets them."""

    def __init__(self) -> None:
        self.fields = QueryDict(mutable=True)
        self.files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict()
        self.ended = False
        self._field_count = self._file_count = self._text_bytes = 0
        self._headers: dict[bytes, bytes] = {}
        self._header = bytearray()
        self._value = bytearray()
        self._name = self._file_name = ""
        self._is_file = False
        self._data = BytesIO()

    def callbacks(self) -> "MultipartCallbacks":
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._take,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._headers, self._data = {}, BytesIO()

    def _end_header(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _open(self) -> None:
        """Tell field from file, and count it before its bytes are read."""
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name, file_name = options.get(b"name"), options.get(b"filename")
        if name is None:
            message = "a part without a name"
            raise MultiPartParserError(message)
        if self._headers.get(b"content-transfer-encoding", b"").strip().lower() not in _PLAIN:
            message = "a part in a transfer encoding"
            raise MultiPartParserError(message)
        self._name, self._is_file = _text(name), file_name is not None
        self._file_name = _text(file_name or b"").replace("\\", "/")
        if self._is_file:
            self._file_count += 1
            if self._file_count > (settings.DATA_UPLOAD_MAX_NUMBER_FILES or 0):
                raise TooManyFilesSent
        else:
            self._field_count += 1
            if self._field_count > (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS or 0):
                raise TooManyFieldsSent

    def _take(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._text_bytes += end - start
            if self._text_bytes > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
                raise RequestDataTooBig
        self._data.write(data[start:end])

    def _end(self) -> None:
        if not self._is_file:
            self.fields.appendlist(self._name, _text(self._data.getvalue()))
        elif self._file_name:
            size = self._data.tell()
            self._data.seek(0)
            kind = _text(self._headers.get(b"content-type", b"")).partition(";")[0].strip()
            self.files.appendlist(
                self._name,
                InMemoryUploadedFile(self._data, self._name, self._file_name, kind, size, None),
            )

    def _finish(self) -> None:
        self.ended = True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
