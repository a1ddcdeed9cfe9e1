"""How a finder says that something is missing."""


class NotFound(Exception):  # noqa: N818 - a state of the machine, said in one line
    """Something that the tests need is not on this machine; the text says what to install."""
