"""The worker's thread that seals: turn after turn, whatever fails."""

import threading

import structlog
from django.db import close_old_connections

from tongban.evidence.sealing import sole
from tongban.evidence.sealing.batches import OutOfStep
from tongban.evidence.sealing.causes import Cause, SealingStopped, Trouble, trouble_of
from tongban.evidence.sealing.gauge import Gauge
from tongban.evidence.sealing.sequencer import BATCH, Sequencer
from tongban.evidence.sealing.status import note_state
from tongban.kernel.suites import SuiteOff

_TROUBLED_S = 2.0
_STAND_BY_S = 5.0
_log = structlog.get_logger("tongban.evidence")


def seal(*, stop: threading.Event, every_s: float = 0.25) -> None:
    """Take turns until ``stop``; for a thread of its own. Raises nothing.

    Waits where another process of this node is the sequencer. What stops it is told once, in the
    log and to ``tongban evidence status``.
    """
    sequencer, gauge, told = Sequencer(), Gauge(), Trouble()
    while not stop.is_set():
        try:
            with sole.holding() as is_sole:
                while is_sole and not stop.is_set():
                    gauge.look()
                    trouble, count = _try(sequencer)
                    told = _tell(trouble, told)
                    note_state(trouble)
                    close_old_connections()
                    if count < BATCH:
                        stop.wait(_TROUBLED_S if trouble.cause else every_s)
        except Exception as error:  # noqa: BLE001 - without a lock or a connection; tried again
            told = _tell(_trouble_of(error), told)
        stop.wait(_STAND_BY_S)


def seal_once() -> int:
    """Take one turn and sign at once; return how many entries were placed.

    0 where another process is the sequencer. SealingStopped where something is in the way that
    can be said in a sentence; disk and database raise their own.
    """
    with sole.holding() as is_sole:
        try:
            return Sequencer().turn(at_once=True) if is_sole else 0
        except (OutOfStep, SuiteOff) as error:
            trouble = trouble_of(error)
            raise SealingStopped(trouble.text, Cause(trouble.cause)) from error


def _try(sequencer: Sequencer) -> tuple[Trouble, int]:
    """Take a turn; return what was in its way and how many entries it placed."""
    try:
        return Trouble(), sequencer.turn()
    except Exception as error:  # noqa: BLE001 - sealing goes on, and says what is in its way
        return _trouble_of(error), 0


def _trouble_of(error: Exception) -> Trouble:
    trouble = trouble_of(error)
    if trouble.cause is Cause.DEFECT:  # it goes on after one, and says that there is one
        _log.error("sealing failed", exc_info=error)
    return trouble


def _tell(trouble: Trouble, told: Trouble) -> Trouble:
    """Write what is in the way where it has changed, and return it."""
    if trouble != told:
        write = _log.error if trouble.cause else _log.info
        write("sealing", trouble=trouble.text or None)
    return trouble
