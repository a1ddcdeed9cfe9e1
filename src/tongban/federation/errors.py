"""What is refused between nodes, and to the operator who makes them known to each other."""

from tongban.kernel.errors import Kind, Refusal, mark


class NodeUnknown(Refusal):
    """No known node hosts the place."""

    code = "federation.node_unknown"
    what = mark("没有已知的节点承载地区 {place}。")
    todo = mark("请管理员与承载该地区的节点交换节点文件（tongban node trust）。")
    kind = Kind.UNAVAILABLE


class DocumentUnfit(Refusal):
    """A node's document that can't be trusted as it is."""

    code = "federation.document_unfit"
    what = mark("节点文件不能采用：{why}。")
    todo = mark("请向对方索取新的节点文件，并核对指纹。")
    kind = Kind.INVALID


class NoDocument(Refusal):
    """Nobody has said yet who this node is."""

    code = "federation.no_document"
    what = mark("本节点还没有节点文件。")
    todo = mark("请先运行 tongban node init。")
    kind = Kind.CONFLICT


class SplitUnfit(Refusal):
    """An installation can't be split as things stand, or not with this folder."""

    code = "federation.split_unfit"
    what = mark("现在不能拆分：{why}。")
    todo = mark("请按说明处理后再运行同一命令；没有改动任何内容。")
    kind = Kind.CONFLICT


class PeerUnknown(Refusal):
    """The other node isn't trusted here."""

    code = "federation.peer_unknown"
    what = mark("本节点没有采信这个节点：{node}。")
    todo = mark("请双方交换节点文件，核对指纹后采信。")
    kind = Kind.FORBIDDEN


class PeerSilent(Refusal):
    """Another node doesn't answer what is asked of it now."""

    code = "federation.peer_silent"
    what = mark("节点 {node} 没有应答：{why}。")
    todo = mark("请确认对方节点已启动、版本相同，再运行一次。")
    kind = Kind.UNAVAILABLE


class EnvelopeUnfit(Refusal):
    """An envelope that can't be opened, isn't its sender's, or isn't for this node."""

    code = "federation.envelope_unfit"
    what = mark("信封不能采信：{why}。")
    todo = mark("请核对双方的节点文件和时钟。")
    kind = Kind.INVALID


class SenderUnsure(EnvelopeUnfit):
    """Signed by a key that isn't known for that moment, here and now: the sender tries again."""

    code = "federation.sender_unsure"
    what = mark("此刻不能确认是谁签发的：{why}。")
    todo = mark("请核对双方的节点文件和时钟。")


class RequestUnsigned(Refusal):
    """A request, or the answer to one, that no trusted node has surely signed."""

    code = "federation.request_unsigned"
    what = mark("请求没有由已采信的节点签名：{why}。")
    todo = mark("请核对双方的节点文件、地址和时钟。")
    kind = Kind.LOGIN


class NumberTaken(EnvelopeUnfit):
    """Another message had this number of its lane: one of the two nodes was put back."""

    code = "federation.number_taken"
    what = mark("这一序列的第 {seq} 号消息早已收到，内容不同。")
    todo = mark("双方之一可能恢复过旧备份：请双方核对这个办件。")


class KindUnknown(Refusal):
    """A message of a kind that this node's version doesn't know."""

    code = "federation.kind_unknown"
    what = mark("本节点的版本不认识这类消息：{kind}；认识的有：{known}。")
    todo = mark("请升级本节点，或请对方改用双方都支持的方式。")
    kind = Kind.UNSUPPORTED


class VersionUnknown(Refusal):
    """A message of a major version of its kind that this node doesn't know."""

    code = "federation.version_unknown"
    what = mark("本节点不认识这类消息的这个版本：{kind} 第 {version} 版；认识的有：{known}。")
    todo = mark("请升级本节点，或请对方改用双方都支持的版本。")
    kind = Kind.UNSUPPORTED


class DataUnfit(Refusal):
    """A message whose content hasn't the form of its kind."""

    code = "federation.data_unfit"
    what = mark("消息内容与其类型不符。")
    todo = mark("请对方核对版本；消息已留存，可供比对。")
    kind = Kind.INVALID


class FileUnfit(Refusal):
    """A file that isn't the one that the message tells of."""

    code = "federation.file_unfit"
    what = mark("收到的文件与消息所述不符。")
    todo = mark("请对方核对原文件后重新发送。")
    kind = Kind.INVALID


class FileGone(Refusal):
    """A file that no waiting message names."""

    code = "federation.file_gone"
    what = mark("没有等待取走的文件。")
    todo = mark("请重新发送消息。")
    kind = Kind.NOT_FOUND


class RedirectRefused(Refusal):
    """Another node's login would end at an address that its document doesn't name."""

    code = "federation.redirect_refused"
    what = mark("要求登录的地址与对方节点文件不符，没有提供任何信息。")
    todo = mark("请关闭此页，从对方网站的登录页重新进入。")
    kind = Kind.INVALID


class LoginUnsure(Refusal):
    """What another node says in a login isn't surely its own, for this login, now."""

    code = "federation.login_unsure"
    what = mark("不能确认对方节点的答复（{why}），没有登录。")
    todo = mark("请从登录页重新开始；如仍不行，请把代码告诉管理员。")
    kind = Kind.FORBIDDEN


class LoginDenied(Refusal):
    """The person did not agree, at their home node, to be known here."""

    code = "federation.login_denied"
    what = mark("您没有同意提供身份信息，所以没有登录。本站没有得到您的任何信息。")
    todo = mark("可以从登录页重新开始，或者到就近的政务服务中心窗口办理。")
    kind = Kind.FORBIDDEN


class HomeAway(Refusal):
    """The person's home node doesn't answer."""

    code = "federation.home_away"
    what = mark("您的注册地现在没有应答，没有登录。")
    todo = mark("请稍后从登录页重新开始。")
    kind = Kind.UNAVAILABLE


class HomeNotBelieved(Refusal):
    """The operator here takes no logins from that node."""

    code = "federation.home_not_believed"
    what = mark("本站不接受该地区的登录。")
    todo = mark("请选择其他登录方式，或者到就近的政务服务中心窗口办理。")
    kind = Kind.FORBIDDEN
