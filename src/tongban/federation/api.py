"""The door of federation: who hosts what, sending, taking, and the operator's verbs.

It carries kinds of messages and knows nothing of what they mean: the apps above register that.
"""

from tongban.federation.actions.carrying import Carried, export, take_folder
from tongban.federation.actions.delivering import deliver, deliver_once, revive
from tongban.federation.actions.forgetting import forget
from tongban.federation.actions.sending import send
from tongban.federation.actions.taking import take_all
from tongban.federation.actions.trusting import announce, examine, retire, rotate, trust
from tongban.federation.document import Document
from tongban.federation.flow import Minute, PeerFlow, flows, last_hour
from tongban.federation.known import address_of, hosts, node_hosting, own, trusted
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

__all__ = [
    "MOST_BODY",
    "SILENT_AFTER",
    "Answer",
    "Carried",
    "Document",
    "FileRef",
    "Letter",
    "Message",
    "Minute",
    "PeerFlow",
    "PeerView",
    "ReceivedFile",
    "address_of",
    "announce",
    "deliver",
    "deliver_once",
    "examine",
    "export",
    "flows",
    "forget",
    "heard_at",
    "hosts",
    "last_hour",
    "letters",
    "node_hosting",
    "outgoing_file",
    "own",
    "peers",
    "register",
    "register_files",
    "retire",
    "revive",
    "rotate",
    "send",
    "take_all",
    "take_folder",
    "trust",
    "trusted",
    "unreachable",
]
