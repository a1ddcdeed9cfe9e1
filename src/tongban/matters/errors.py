"""Refusals of this app."""

from tongban.kernel.errors import Kind, Refusal, mark


class MatterUnknown(Refusal):
    """No matter with this code."""

    code = "matters.matter_unknown"
    what = mark("没有编码为 {matter_code} 的通办事项。")
    todo = mark("请核对事项编码，或按名称查找。")
    kind = Kind.NOT_FOUND


class EditionApart(Refusal):
    """Another node's edition of the same version says something else than the one here."""

    code = "matters.edition_apart"
    what = mark("两个节点上 {place} 的事项 {matter} 实施清单不一致。")
    todo = mark("请先在两个节点载入同一份地区文件，再重试。")
    kind = Kind.CONFLICT


class EditionUnknown(Refusal):
    """No edition with this id, or none published for this matter and place."""

    code = "matters.edition_unknown"
    what = mark("没有找到这份实施清单。")
    todo = mark("请回到事项目录重新选择。")
    kind = Kind.NOT_FOUND


class EditionNotOpen(Refusal):
    """The edition exists, but new applications are not taken on it."""

    code = "matters.edition_not_open"
    what = mark("“{title}”的这一版实施清单（第 {version} 版）目前不接受新的申请。")
    todo = mark("请回到事项目录，按现行版本重新填写。")
    kind = Kind.RULE


class MatterInvalid(Refusal):
    """A matter's row breaks the form of the catalogue."""

    code = "matters.matter_invalid"
    what = mark("事项 {matter_code} 的数据有误：{problems}")
    todo = mark("请改正后重新载入；未写入任何内容。")
    kind = Kind.INVALID


class EditionInvalid(Refusal):
    """An edition's content breaks edition.schema.json or the rules of a form."""

    code = "matters.edition_invalid"
    what = mark("事项 {matter_code} 在 {place_id} 的第 {version} 版实施清单内容有误：{problems}")
    todo = mark("请改正后重新载入；未写入任何内容。")
    kind = Kind.INVALID


class EditionUnlawful(Refusal):
    """An edition is well formed, but publishing it would break the law."""

    code = "matters.edition_unlawful"
    what = mark("事项 {matter_code} 在 {place_id} 的第 {version} 版实施清单不合法：{problems}")
    todo = mark("请改正后重新发布；未写入任何内容。")
    kind = Kind.RULE


class PublishedEditionChanged(Refusal):
    """Published content differs, under the same version."""

    code = "matters.published_edition_changed"
    what = mark(
        "事项 {matter_code} 在 {place_id} 的第 {version} 版已经发布，内容不能再改：{fields}"
    )
    todo = mark("请把版本号加一后作为新版本发布。")
    kind = Kind.CONFLICT


class VersionNotRaised(Refusal):
    """A new version's number does not follow the highest one."""

    code = "matters.version_not_raised"
    what = mark("事项 {matter_code} 在 {place_id} 已有第 {latest} 版，不能再加入第 {version} 版。")
    todo = mark("请使用比已有版本更大的版本号。")
    kind = Kind.CONFLICT


class StateGoesBack(Refusal):
    """A published edition cannot become a draft, nor a withdrawn one come back."""

    code = "matters.state_goes_back"
    what = mark(
        "事项 {matter_code} 在 {place_id} 的第 {version} 版不能从“{old_state}”变为“{new_state}”。"
    )
    todo = mark("请以更高的版本号发布新版本。")
    kind = Kind.CONFLICT


class EditionForeign(Refusal):
    """A node publishes for a place that it doesn't host."""

    code = "matters.edition_foreign"
    what = mark("地区 {place_id} 不由节点 {node} 承载，不能采用它发布的实施清单。")
    todo = mark("请核对双方的节点文件；未写入任何内容。")
    kind = Kind.FORBIDDEN


class EditionAltered(Refusal):
    """An edition's text isn't the one that its digest names, or can't be read."""

    code = "matters.edition_altered"
    what = mark("收到的实施清单与其摘要不符，或无法读取：{why}。")
    todo = mark("请发布方核对后重新发送；未写入任何内容。")
    kind = Kind.INVALID


class MatterDiffers(Refusal):
    """Two nodes understand different things by one matter code."""

    code = "matters.matter_differs"
    what = mark("事项 {matter_code} 在双方节点的事项类型不同：{theirs} 与 {ours}。")
    todo = mark("请双方统一事项标准后重新发布；未写入任何内容。")
    kind = Kind.CONFLICT
