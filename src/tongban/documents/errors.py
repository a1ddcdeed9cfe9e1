"""Why a file is not taken, or can't be read. No file name stands in a field: it is personal."""

from tongban.kernel.errors import Kind, Refusal, mark


class TooLarge(Refusal):
    """More bytes than allowed; found while reading, nothing is kept. Field: ``limit`` in MiB."""

    code = "documents.too_large"
    what = mark("文件超过 {limit} MB。")
    todo = mark("请压缩或分成几个文件后再上传。")
    kind = Kind.TOO_LARGE


class Empty(Refusal):
    """No bytes at all."""

    code = "documents.empty"
    what = mark("文件是空的。")
    todo = mark("请检查文件能否打开，再重新上传。")
    kind = Kind.INVALID


class UnsupportedType(Refusal):
    """The bytes are none of PDF, JPEG, PNG."""

    code = "documents.unsupported_type"
    what = mark("不支持这种文件。")
    todo = mark("请上传 PDF、JPG 或 PNG 文件。")
    kind = Kind.UNSUPPORTED


class Disguised(Refusal):
    """The bytes are of a kind that is taken, but the extension says another."""

    code = "documents.disguised"
    what = mark("文件内容与扩展名不符。")
    todo = mark("请确认文件来源，按实际格式保存后再上传。")
    kind = Kind.UNSUPPORTED


class BadName(Refusal):
    """No name is left of the file's name, or it is too long."""

    code = "documents.bad_name"
    what = mark("文件名无法使用。")
    todo = mark("请换一个简短的文件名再上传。")
    kind = Kind.INVALID


class ActiveContent(Refusal):
    """A PDF that can run a script or start a program."""

    code = "documents.active_content"
    what = mark("这个 PDF 文件含有脚本或可启动程序的内容。")
    todo = mark("请用“打印为 PDF”另存一份后再上传。")
    kind = Kind.UNSUPPORTED


class DocumentNotFound(Refusal):
    """There is no such document, or its bytes were discarded."""

    code = "documents.not_found"
    what = mark("没有这个文件，或文件已按规定清除。")
    todo = mark("请返回办件页面核对材料清单。")
    kind = Kind.NOT_FOUND


class FileMissing(Refusal):
    """The row is there, its file is not."""

    code = "documents.file_missing"
    what = mark("文件暂时无法读取。")
    todo = mark("请勿重复提交，联系系统管理员核查。")
    kind = Kind.UNAVAILABLE
