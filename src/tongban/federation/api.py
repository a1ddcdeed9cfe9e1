"""The door of federation: who hosts what, sending, taking, and the operator's verbs.

It carries kinds of messages and knows nothing of what they mean: the apps above register that.
"""

from tongban.federation import memos
from tongban.federation.actions import splitting
from tongban.federation.actions.carrying import Carried, export, take_folder
from tongban.federation.actions.delivering import deliver, deliver_once, revive
from tongban.federation.actions.forgetting import forget
from tongban.federation.actions.giving_back import NOTICE, give_back, take_notice
from tongban.federation.actions.recalling import Recalled, recall
from tongban.federation.actions.sending import send
from tongban.federation.actions.splitting import may_name
from tongban.federation.actions.taking import take_all
from tongban.federation.actions.trusting import announce, examine, retire, rotate, trust
from tongban.federation.asyncapi import asyncapi
from tongban.federation.attesting import attest, attested
from tongban.federation.document import Document
from tongban.federation.flow import Minute, PeerFlow, flows, last_hour
from tongban.federation.known import address_of, hosts, node_hosting, own, trusted
from tongban.federation.openid.profile import believed, openid_configuration, openid_keys
from tongban.federation.openid.providing import (
    Asking,
    SentBack,
    TokenAnswer,
    allow_login,
    answer_token,
    deny_login,
    read_login_request,
)
from tongban.federation.openid.relying import (
    Begun,
    Home,
    begin_login,
    finish_login,
    login_homes,
    read_id_token,
)
from tongban.federation.outgoing import outgoing_file
from tongban.federation.queries import (
    Letter,
    PeerView,
    heard_at,
    letters,
    peers,
    unreachable,
)
from tongban.federation.rules import MOST_BODY, SILENT_AFTER
from tongban.federation.shapes import (
    Answer,
    FileRef,
    Message,
    ReceivedFile,
    register,
    register_files,
)
from tongban.federation.transport import Caller, caller, digest, digest_field


def register_handlers() -> None:
    """Register what this room itself says to other nodes; called once by the site's wiring."""
    register(NOTICE, take=take_notice)


__all__ = [
    "MOST_BODY",
    "SILENT_AFTER",
    "Answer",
    "Asking",
    "Begun",
    "Caller",
    "Carried",
    "Document",
    "FileRef",
    "Home",
    "Letter",
    "Message",
    "Minute",
    "PeerFlow",
    "PeerView",
    "Recalled",
    "ReceivedFile",
    "SentBack",
    "TokenAnswer",
    "address_of",
    "allow_login",
    "announce",
    "answer_token",
    "asyncapi",
    "attest",
    "attested",
    "begin_login",
    "believed",
    "caller",
    "deliver",
    "deliver_once",
    "deny_login",
    "digest",
    "digest_field",
    "examine",
    "export",
    "finish_login",
    "flows",
    "forget",
    "give_back",
    "heard_at",
    "hosts",
    "last_hour",
    "letters",
    "login_homes",
    "may_name",
    "memos",
    "node_hosting",
    "openid_configuration",
    "openid_keys",
    "outgoing_file",
    "own",
    "peers",
    "read_id_token",
    "read_login_request",
    "recall",
    "register",
    "register_files",
    "register_handlers",
    "retire",
    "revive",
    "rotate",
    "send",
    "splitting",
    "take_all",
    "take_folder",
    "trust",
    "trusted",
    "unreachable",
]
