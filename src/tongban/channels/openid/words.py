"""Words of how sure a login is."""

from django.utils.translation import gettext

from tongban.kernel.acting import Assurance


def level_words(level: Assurance) -> str:
    """Return an assurance 实名等级 in words."""
    return gettext("{level} 级").format(level=int(level))
