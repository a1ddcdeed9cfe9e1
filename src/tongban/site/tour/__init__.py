"""The tour: the whole job walked over HTTP by the demo people, each in a browser of their own.

It knows the node by its pages alone: no Django, no database, no import from another room.
"""
