"""The door of regions: load a region's data, ask which there are, tell whether one has changed.

``load`` is idempotent and shows its changes line by line; see the README for the files.
"""

from tongban.regions.actions import load
from tongban.regions.files import ROOT
from tongban.regions.queries import (
    DemoPerson,
    agreement_of,
    demo_people,
    fingerprint,
    regions,
)

__all__ = [
    "ROOT",
    "DemoPerson",
    "agreement_of",
    "demo_people",
    "fingerprint",
    "load",
    "regions",
]
