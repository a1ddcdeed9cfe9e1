"""Demo people: made-up people and posts that log in with one click, on a demo machine only.

``site`` registers where they come from; this module knows no region.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from tongban.channels.loopback import is_local


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """One who can be logged in as: a person by ``person_id`` or a staff member by ``login``.

    ``key`` names the entry in the form; ``about`` says in a few words who this is.
    """

    key: str
    name: str
    name_en: str
    about: str
    about_en: str
    place_name: str
    place_name_en: str
    person_id: str | None = None
    login: str | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that is both or neither."""
        if (self.person_id is None) == (self.login is None):
            message = f"demo person {self.key!r}: either person_id or login"
            raise ValueError(message)


Source = Callable[[], Sequence[DemoPerson]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Add a source of demo people; ``site`` calls this once at start."""
    _sources.append(source)


def people() -> tuple[DemoPerson, ...]:
    """Return the demo people of all sources, in their order."""
    return tuple(person for source in _sources for person in source())


def allowed(request: HttpRequest) -> bool:
    """Tell whether one-click login may be offered: in demo mode, to this machine itself."""
    return settings.DEMO and is_local(request)
