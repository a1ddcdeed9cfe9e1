"""Refusals that belong to the screens themselves, not to any app behind them."""

from tongban.kernel.errors import Kind, Refusal, mark


class LoginRequired(Refusal):
    """Nobody is logged in, or the login has run out."""

    code = "channels.login_required"
    what = mark("您还没有登录，或者登录已经过期。")
    todo = mark("请登录后再试。")
    kind = Kind.LOGIN


class PersonsOnly(Refusal):
    """A staff member opened a page made for applicants."""

    code = "channels.persons_only"
    what = mark("这个页面只供申请人使用，您现在以工作人员身份登录。")
    todo = mark("请退出后以个人身份登录。")
    kind = Kind.FORBIDDEN


class StaffOnly(Refusal):
    """A person opened a page made for staff."""

    code = "channels.staff_only"
    what = mark("这个页面只供工作人员使用。")
    todo = mark("请返回首页；工作人员请退出后选择岗位登录。")
    kind = Kind.FORBIDDEN


class PowerMissing(Refusal):
    """The staff member's post has none of the powers that the page asks for."""

    code = "channels.power_missing"
    what = mark("您当前的岗位没有使用这个页面的权限。")
    todo = mark("请换用有权限的岗位登录，或请本单位管理员核对岗位权限。")
    kind = Kind.FORBIDDEN


class Forbidden(Refusal):
    """Refused without a more exact reason."""

    code = "channels.forbidden"
    what = mark("您没有权限进行这项操作。")
    todo = mark("请返回上一页；如果认为有误，请联系窗口。")
    kind = Kind.FORBIDDEN


class FormExpired(Refusal):
    """The anti-forgery token of a form is missing or wrong."""

    code = "channels.form_expired"
    what = mark("表单已失效，没有保存任何内容。")
    todo = mark("请返回上一页，刷新后重新提交；浏览器需要允许本站使用 Cookie。")
    kind = Kind.FORBIDDEN


class FormTokenMissing(Refusal):
    """A form came without the token that keeps a double submission from counting twice."""

    code = "channels.form_token_missing"
    what = mark("表单不完整，没有保存任何内容。")
    todo = mark("请返回上一页，刷新后重新提交。")
    kind = Kind.INVALID


class PageNotFound(Refusal):
    """No such page, or none for this visitor's eyes."""

    code = "channels.not_found"
    what = mark("没有找到这个页面。")
    todo = mark("请核对网址，或从首页重新进入。")
    kind = Kind.NOT_FOUND


class BadRequest(Refusal):
    """The request can't be understood."""

    code = "channels.bad_request"
    what = mark("无法识别这个请求，没有保存任何内容。")
    todo = mark("请返回上一页重新操作。")
    kind = Kind.INVALID


class MethodNotAllowed(Refusal):
    """The page exists but does not take this HTTP method; answered with 405."""

    code = "channels.method_not_allowed"
    what = mark("这个页面不能用这种方式打开。")
    todo = mark("请从页面上的按钮或链接进入。")
    kind = Kind.INVALID


class RequestTooLarge(Refusal):
    """The whole request is larger than any page takes."""

    code = "channels.too_large"
    what = mark("提交的内容超过 {megabytes} MB，没有保存任何内容。")
    todo = mark("请压缩文件，或者分次上传，每次一个文件。")
    kind = Kind.TOO_LARGE


class Unavailable(Refusal):
    """The database does not answer."""

    code = "channels.unavailable"
    what = mark("系统暂时无法访问数据，无法确定这次操作是否完成。")
    todo = mark("请一分钟后重新提交，重复提交不会重复办理；如仍不行，请把事件编号告诉窗口。")
    kind = Kind.UNAVAILABLE


class Broken(Refusal):
    """A defect on our side; answered with 500 and an incident number."""

    code = "channels.broken"
    what = mark("系统出错了，无法确定这次操作是否完成。")
    todo = mark("请先查看办理进度，再决定是否重试；如仍不行，请把事件编号告诉窗口。")
    kind = Kind.UNAVAILABLE


class LoginUnavailable(Refusal):
    """The person or post chosen at login can't be used now."""

    code = "channels.login_unavailable"
    what = mark("这个身份现在不能登录。")
    todo = mark("请选择其他身份；如果认为有误，请联系管理员。")
    kind = Kind.FORBIDDEN


class LoginLost(Refusal):
    """Someone comes back from another node, but began no login in this browser, or long ago."""

    code = "channels.login_lost"
    what = mark("这次登录不是从这个浏览器开始的，已经用过，或者超过了 10 分钟，没有登录。")
    todo = mark("请从登录页重新开始；浏览器需要允许本站使用 Cookie。")
    kind = Kind.FORBIDDEN


class NotAtHome(Refusal):
    """A person who came with another node's account is asked for by a third one."""

    code = "channels.not_at_home"
    what = mark("您在本站是用其他地区的账户登录的，本站不能再向别处证明您的身份。")
    todo = mark("请返回要登录的地方，选择您自己的注册地。")
    kind = Kind.FORBIDDEN
