"""What a region's files must be like, as pure functions from files to problems.

``shapes`` checks each file against its JSON Schema, ``references`` whether what is pointed at
exists, ``marks`` whether every cell names a source or says that it is a sample.
"""

from tongban.regions.rules.marks import mark_problems
from tongban.regions.rules.references import reference_problems
from tongban.regions.rules.shapes import shape_problems

__all__ = ["mark_problems", "reference_problems", "shape_problems"]
