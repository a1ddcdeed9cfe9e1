"""What an operator is told when a region's data cannot be loaded."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tongban.kernel.errors import Kind, Refusal, mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in one file.

    ``file`` is relative to the folder of all regions (``jingjinji/offices.yaml``), ``path`` where
    in it (``offices[1].run_by[0]``, empty for the file as a whole). ``what`` and ``todo`` are
    Chinese templates over ``fields``. Values are told only where they are ids or codes.
    """

    file: str
    path: str
    what: str
    todo: str
    fields: dict[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the problem as one line."""
        where = f"{self.file} {self.path}".rstrip()
        return f"{where}：{self.what.format(**self.fields)}{self.todo.format(**self.fields)}"


class RegionUnknown(Refusal):
    """There is no folder of that name."""

    code = "regions.unknown"
    what = mark("没有名为 {region} 的地区资料。")
    todo = mark("现有地区：{known}。请核对名称，或先建立该地区的文件夹。")
    kind = Kind.NOT_FOUND


class RegionInvalid(Refusal):
    """Files break their schema or point at nothing; ``problems`` names every place."""

    code = "regions.invalid"
    what = mark("地区 {region} 的资料有 {count} 处错误：\n{problems}")
    todo = mark("请逐条改正后重新载入；没有写入任何内容。")
    kind = Kind.INVALID

    def __init__(self, *, region: str, problems: Sequence[Problem]) -> None:
        """Keep the problems, and tell them a line each."""
        self.problems = tuple(problems)
        lines = "\n".join(str(problem) for problem in self.problems)
        super().__init__(region=region, count=len(self.problems), problems=lines)
