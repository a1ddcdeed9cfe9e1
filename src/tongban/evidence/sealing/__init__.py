"""The log: entries get their places, checkpoints are signed, cosigned, published and proved."""

from tongban.evidence.sealing.fsck import check_log
from tongban.evidence.sealing.opening import SealingStopped
from tongban.evidence.sealing.proofs import Sealed, proofs_of
from tongban.evidence.sealing.published import published_file
from tongban.evidence.sealing.reconcile import reconcile, rotate
from tongban.evidence.sealing.sequencer import Sequencer, seal, seal_once
from tongban.evidence.sealing.status import LogStatus, Status, status

__all__ = [
    "LogStatus",
    "Sealed",
    "SealingStopped",
    "Sequencer",
    "Status",
    "check_log",
    "proofs_of",
    "published_file",
    "reconcile",
    "rotate",
    "seal",
    "seal_once",
    "status",
]
