"""How a text is folded before it is searched, and what a search asks for."""

import unicodedata


def folded(*texts: str) -> str:
    """Return the texts as one, in NFKC and without case, a line each.

    >>> folded("护士执业注册", "Nurse Registration").split(chr(10))
    ['护士执业注册', 'nurse registration']
    """
    return "\n".join(unicodedata.normalize("NFKC", text).casefold() for text in texts if text)


def terms_of(text: str) -> list[str]:
    """Return the pieces that must all be found: at most six, split at white space.

    >>> terms_of(" 护士  注册 ")
    ['护士', '注册']
    """
    return folded(text).split()[:6]
