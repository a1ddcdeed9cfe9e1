"""A case that two governments' nodes have: handed over, told of, asked about.

The node of the deciding agency orders the events. The one that took the case in holds a copy, which
changes only by what it is told.
"""
