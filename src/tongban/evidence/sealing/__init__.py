"""The log: entries get their places, checkpoints are signed, cosigned, published and proved."""

from tongban.evidence.sealing.causes import Cause, SealingStopped
from tongban.evidence.sealing.fsck import check_log
from tongban.evidence.sealing.gauge import BACKLOG_ALARM, Sample, last_hour
from tongban.evidence.sealing.proofs import Sealed, proofs_of
from tongban.evidence.sealing.published import published_file
from tongban.evidence.sealing.reconcile import reconcile, rotate
from tongban.evidence.sealing.sequencer import Sequencer
from tongban.evidence.sealing.status import LogStatus, Quorum, Status, status
from tongban.evidence.sealing.thread import seal, seal_once

__all__ = [
    "BACKLOG_ALARM",
    "Cause",
    "LogStatus",
    "Quorum",
    "Sample",
    "Sealed",
    "SealingStopped",
    "Sequencer",
    "Status",
    "check_log",
    "last_hour",
    "proofs_of",
    "published_file",
    "reconcile",
    "rotate",
    "seal",
    "seal_once",
    "status",
]
