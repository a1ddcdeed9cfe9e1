"""The door of federation: who hosts what, sending, taking, and the operator's verbs.

It carries kinds of messages and knows nothing of what they mean: the apps above register that.
"""

from tongban.federation.actions.carrying import Carried, export, take_folder
from tongban.federation.actions.delivering import deliver, deliver_once, revive
from tongban.federation.actions.sending import send
from tongban.federation.actions.taking import take_all
from tongban.federation.actions.trusting import announce, examine, retire, rotate, trust
from tongban.federation.attesting import attest, attested
from tongban.federation.document import Document
from tongban.federation.known import address_of, hosts, node_hosting, own, trusted
from tongban.federation.outgoing import outgoing_file
from tongban.federation.queries import Letter, PeerView, letters, peers, unreachable
from tongban.federation.rules import MOST_BODY
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
    "Answer",
    "Carried",
    "Document",
    "FileRef",
    "Letter",
    "Message",
    "PeerView",
    "ReceivedFile",
    "address_of",
    "announce",
    "attest",
    "attested",
    "deliver",
    "deliver_once",
    "examine",
    "export",
    "hosts",
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
