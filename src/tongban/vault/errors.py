"""What the vault refuses."""

from tongban.kernel.errors import Kind, Refusal, mark


class KeyDestroyed(Refusal):
    """There is no such key: destroyed, or never made. The vault can't tell which."""

    code = "vault.key_destroyed"
    what = mark("这些数据的密钥不存在或已依法销毁，内容无法再读取。")
    todo = mark("如需办理，请重新提供材料；对此有疑问的，请联系办理部门。")
    kind = Kind.NOT_FOUND


class Tampered(Refusal):
    """Bytes that don't open at this place: changed, moved, cut, or sealed under another key."""

    code = "vault.tampered"
    what = mark("数据完整性校验未通过，内容可能损坏或被改动。")
    todo = mark("请勿重复提交，联系系统管理员核查。")
    kind = Kind.UNAVAILABLE


class KeyFilesError(RuntimeError):
    """A key file is missing, open to others, or not the one this node worked with.

    Not a Refusal: nothing may go on until an operator has put the right file back.
    """
