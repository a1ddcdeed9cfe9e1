"""Tiles and entry bundles as static files (C2SP tlog-tiles): written whole, read by anybody."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from tongban.evidence.core.text import HASH_LENGTH
from tongban.evidence.core.tiles import ENTRIES, TILE_WIDTH, Tile, decode_bundle
from tongban.evidence.keyfile import sync_folder


class TileFiles:
    """The files of one log, below its folder."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it need not be there yet."""
        self._folder = folder

    def read(self, level: int, index: int, width: int) -> bytes:
        """Return the first ``width`` hashes of a tile; LookupError where no file holds them."""
        return self._found(Tile(level, index, width)).read_bytes()[: width * HASH_LENGTH]

    def entries(self, index: int, width: int) -> list[bytes]:
        """Return the first ``width`` entries of a bundle.

        LookupError where no file holds them, Malformed for one that isn't a bundle.
        """
        path = self._found(Tile(ENTRIES, index, width))
        held = int(path.name) if path.parent.suffix == ".p" else TILE_WIDTH
        return decode_bundle(path.read_bytes(), held)[:width]

    def write(self, tiles: Iterable[tuple[Tile, bytes]]) -> None:
        """Write tiles, durable when this returns; one that stands there is replaced at once.

        OSError where the disk doesn't take them. Those before the failed one may be there.
        """
        folders: set[Path] = set()
        for tile, content in tiles:
            path = self._folder / tile.path
            if not path.parent.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                folders.update(_between(path.parent, self._folder.parent))
            _write(path, content)
            folders.add(path.parent)
        for folder in sorted(folders, reverse=True):  # a folder before what names it
            sync_folder(folder)

    def drop_partials(self, tile: Tile) -> None:
        """Remove the partial files of a tile whose full one is published."""
        shutil.rmtree(self._folder / f"{Tile(tile.level, tile.index).path}.p", ignore_errors=True)

    def publish(self, name: str, content: bytes) -> None:
        """Write a file of the log other than a tile, whole and durable."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self._folder / name, content)
        sync_folder(self._folder)

    def _found(self, tile: Tile) -> Path:
        for path in self._places(tile):
            if path.is_file():
                return path
        message = f"no file holds {tile.path}"
        raise LookupError(message)

    def _places(self, tile: Tile) -> Iterator[Path]:
        """Yield where a tile may stand: itself, the full one, a wider one of a later size."""
        yield self._folder / tile.path
        full = Tile(tile.level, tile.index).path
        yield self._folder / full
        for width in range(tile.width + 1, TILE_WIDTH):
            yield self._folder / f"{full}.p" / str(width)


def _between(folder: Path, top: Path) -> Iterator[Path]:
    """Yield a folder and those above it, ``top`` as the last."""
    while folder != top:
        yield folder
        folder = folder.parent
    yield top


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
