"""The static folder as it is now: copied once and compressed, under the digest of all of it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

DIGEST_CHARACTERS = 16
# Processes of an earlier version may still serve theirs, and a day of editing makes many.
TREES_KEPT = 8

# Paths within the folder, as they stand in addresses, and what is there.
Contents = dict[str, bytes]


@dataclass(frozen=True)
class Tree:
    """A folder to serve, in which every file has its compressed copies beside it."""

    digest: str
    folder: Path


def keep(source: Path, store: Path) -> Tree:
    """The tree of `source`, written under `store` unless it is there. Raises `OSError`."""
    contents = _read(source)
    tree = Tree(_digest(contents), store / _digest(contents))
    if not tree.folder.is_dir():
        _write(contents, tree.folder)
    # The newest are kept, and this one is in use.
    os.utime(tree.folder)
    _forget_old(store)
    return tree


def uncompressed(source: Path) -> Tree:
    """The tree of a folder that can't be copied: itself."""
    return Tree(_digest(_read(source)), source)


def state(source: Path) -> frozenset[tuple[str, int, int]]:
    """What differs once a file was written, made or removed; much cheaper than reading them."""
    found = ((str(path), path.stat()) for path in _files(source))
    return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


def _files(source: Path) -> Iterator[Path]:
    return (path for path in source.rglob("*") if path.is_file())


def _read(source: Path) -> Contents:
    return {path.relative_to(source).as_posix(): path.read_bytes() for path in _files(source)}


def _digest(contents: Contents) -> str:
    """Scripts and styles name one another, so one changed file gives all of them new addresses."""
    whole = hashlib.sha256()
    for name, data in sorted(contents.items()):
        whole.update(b"%s\0%d\0%s" % (name.encode(), len(data), data))
    return whole.hexdigest()[:DIGEST_CHARACTERS]


def _write(contents: Contents, folder: Path) -> None:
    """All of it or nothing, whoever else is writing the same just now."""
    # Most starts find the tree that the last one wrote.
    from whitenoise.compress import Compressor  # noqa: PLC0415

    folder.parent.mkdir(parents=True, exist_ok=True)
    compressor = Compressor(quiet=True)
    with TemporaryDirectory(prefix=".draft-", dir=folder.parent) as draft:
        whole = Path(draft) / folder.name
        for name, data in contents.items():
            path = whole / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            if compressor.should_compress(name):
                compressor.compress(path.as_posix())
        try:
            whole.rename(folder)
        except OSError:
            # Another process was quicker, and wrote the same.
            if not folder.is_dir():
                raise


def _forget_old(store: Path) -> None:
    """Drafts of processes that were killed while writing count among them."""
    newest_first = sorted(store.iterdir(), key=_age, reverse=True)
    for path in newest_first[TREES_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0
