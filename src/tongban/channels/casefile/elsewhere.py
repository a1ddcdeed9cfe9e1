"""What lists say of other governments' nodes: of when a row is, and who has been silent."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import RowAbroad, Silent
from tongban.channels.casefile.abroad import AbroadWords
from tongban.channels.casefile.words import either, moment_words
from tongban.federation import api as federation
from tongban.places import api as places


def node_words(node: str) -> str:
    """Return a node as people know it: the places that it hosts, and its name."""
    peer = federation.trusted().get(node)
    if peer is None or not peer.places:
        return gettext("节点 {node}").format(node=node)
    hosted = [places.place(one) for one in peer.places]
    names = gettext("、").join(either(one.name, one.name_en)[0] for one in hosted)
    return gettext("{places}的节点 {node}").format(places=names, node=node)


def as_of(at: datetime) -> str:
    """Return of when something is that another node told."""
    return gettext("截至 {moment}").format(moment=moment_words(at))


def row_note(row: RowAbroad | None) -> str:
    """Return what stands under a row's state: how it is between the nodes, or of when it is."""
    if row is None:
        return ""
    if row.differs:
        return gettext("与异地节点待核对")
    if row.ordered_here:
        return ""
    return gettext("移交中") if row.underway else as_of(row.as_of)


def silences(rows: Iterable[RowAbroad | None], *, more: Iterable[str] = ()) -> list[AbroadWords]:
    """Return a notice for each silent node on which rows depend. One statement for each node."""
    nodes = {row.node for row in rows if row is not None and not row.ordered_here}
    return [_silence(one) for one in cases.silent_nodes({*nodes, *more})]


def _silence(one: Silent) -> AbroadWords:
    text = gettext("由它办理的办件，此后的进展可能还没有显示；恢复联系后自动更新。")
    if one.since is None:
        title = gettext("{node} 还没有联系过").format(node=node_words(one.node))
    else:
        title = gettext("{node} 自 {moment} 起没有消息").format(
            node=node_words(one.node), moment=moment_words(one.since)
        )
    return AbroadWords(tone="warn", title=title, text=text)
