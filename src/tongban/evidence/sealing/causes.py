"""Why a log doesn't grow: stable names, for screens that say it in the reader's language."""

import sqlite3
from enum import StrEnum
from typing import NamedTuple

from django.db import DatabaseError

from tongban.evidence.sealing.batches import OutOfStep
from tongban.evidence.sealing.promise import Raced
from tongban.kernel.suites import SuiteOff


class Cause(StrEnum):
    """What is in the sequencer's way."""

    FORGOTTEN = "forgotten"  # what the log promised is gone
    BEHIND = "behind"  # a witness has seen more or other than this node remembers
    SILENT = "silent"  # witnesses must be asked first, and don't answer
    KEY = "key"
    FILES = "files"  # the tiles don't lead to what was signed
    ROWS = "rows"  # the database doesn't hold what was signed
    POLICY = "policy"  # log/policy can't be read
    SUITE = "suite"  # an algorithm is off on this machine
    DISK = "disk"
    DATABASE = "database"
    RACED = "raced"
    DEFECT = "defect"


class Trouble(NamedTuple):
    """What is in the way, in one sentence for the operator; both "" for nothing."""

    cause: str = ""
    text: str = ""


class SealingStopped(Exception):  # noqa: N818 - a state of the installation
    """Nothing may be signed; the text says why and what the operator can do."""

    def __init__(self, text: str, cause: Cause = Cause.FILES) -> None:
        """Take the sentence and its stable name."""
        super().__init__(text)
        self.cause = cause


def trouble_of(error: Exception) -> Trouble:
    """Return what an error of a turn says; of one that isn't ours its class alone."""
    match error:
        case SealingStopped(cause=cause):
            return Trouble(cause, str(error))
        case OutOfStep():
            return Trouble(Cause.ROWS, str(error))
        case SuiteOff():
            return Trouble(Cause.SUITE, str(error))
        case Raced():
            cause = Cause.RACED
        case DatabaseError():
            cause = Cause.DATABASE
        case OSError() | sqlite3.Error():
            cause = Cause.DISK
        case _:
            cause = Cause.DEFECT
    return Trouble(cause, type(error).__name__)
