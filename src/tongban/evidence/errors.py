"""What the evidence app refuses."""

from tongban.kernel.errors import Kind, Refusal, mark


class EntryMissing(Refusal):
    """There is no entry with this id."""

    code = "evidence.entry_missing"
    what = mark("没有这条存证记录。")
    todo = mark("请核对存证编号。")
    kind = Kind.NOT_FOUND


class EntryChanged(Refusal):
    """A stored body doesn't prove its leaf any more: the row was changed."""

    code = "evidence.entry_changed"
    what = mark("存证记录 {entry_id} 与其存证摘要不一致，可能被改动。")
    todo = mark("请勿使用此记录，并联系系统管理员核查。")
    kind = Kind.UNAVAILABLE


class NotSealedYet(Refusal):
    """No entry that was asked for stands in a checkpoint with its quorum yet."""

    code = "evidence.not_sealed_yet"
    what = mark("这些记录正在固证，还没有存证凭证。")
    todo = mark("请稍后再取；通常几秒钟，见证方离线时会更久。")
    kind = Kind.UNAVAILABLE


class NothingRecorded(Refusal):
    """There is no entry yet that a receipt could hold."""

    code = "evidence.nothing_recorded"
    what = mark("还没有存证记录，没有可以出具的存证凭证。")
    todo = mark("请在提交申请以后再取。")
    kind = Kind.NOT_FOUND


class KeyLost(Refusal):
    """The entries' key isn't there, and nobody destroyed it: damage, not an erasure."""

    code = "evidence.key_lost"
    what = mark("这些记录的密钥不见了，内容暂时无法读取。")
    todo = mark("请联系系统管理员，从备份恢复密钥库。")
    kind = Kind.UNAVAILABLE


class ContentErased(Refusal):
    """What the entries say was erased with the person's keys; the log keeps their leaves."""

    code = "evidence.content_erased"
    what = mark("这些记录的内容已依法清除，不能再出具存证凭证。")
    todo = mark("清除前取得的存证凭证仍然可以核验。")
    kind = Kind.NOT_FOUND


class LookNotRecorded(Refusal):
    """The look could not be made durable, so nothing is shown."""

    code = "evidence.look_not_recorded"
    what = mark("暂时无法登记查阅记录，因此不能显示个人信息。")
    todo = mark("请稍后再试；持续出现请联系系统管理员。")
    kind = Kind.UNAVAILABLE
