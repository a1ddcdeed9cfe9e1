"""Witnessing: this node cosigns other logs, has its own cosigned, and watches for split views."""

from tongban.evidence.witnessing.alarms import Alarm, AlarmKind, alarms
from tongban.evidence.witnessing.answers import (
    MAX_REQUEST_BODY,
    Answer,
    answer_add_checkpoint,
    held_checkpoint,
)
from tongban.evidence.witnessing.choosing import (
    PolicyUnfit,
    Proposal,
    adopt_policy,
    propose_policy,
)
from tongban.evidence.witnessing.gathering import gather
from tongban.evidence.witnessing.identity import WitnessUnfit, check_witness, witness_vkey
from tongban.evidence.witnessing.known import is_witness
from tongban.evidence.witnessing.monitoring import View, monitor, views_of, watch

__all__ = [
    "MAX_REQUEST_BODY",
    "Alarm",
    "AlarmKind",
    "Answer",
    "PolicyUnfit",
    "Proposal",
    "View",
    "WitnessUnfit",
    "adopt_policy",
    "alarms",
    "answer_add_checkpoint",
    "check_witness",
    "gather",
    "held_checkpoint",
    "is_witness",
    "monitor",
    "propose_policy",
    "views_of",
    "watch",
    "witness_vkey",
]
