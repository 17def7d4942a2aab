"""Pictures in a folder, of this machine's or one that several share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from potluck.rooms.picture_store import NoSuchPicture, StorageAway, key


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Files on a disk."""

    folder: Path

    @property
    def where(self) -> str:
        """Its path."""
        return str(self.folder)

    def write(self, name: str, data: bytes) -> None:
        """In one move, so that nobody reads half a file; a full disk keeps nothing of it."""
        path = self.path_of(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        except OSError as error:
            raise StorageAway(_reason(error)) from error

    def read(self, name: str) -> bytes:
        """The whole file; raises `NoSuchPicture`."""
        try:
            return self.path_of(name).read_bytes()
        except FileNotFoundError:
            raise NoSuchPicture(name) from None
        except OSError as error:
            raise StorageAway(_reason(error)) from error

    def remove(self, name: str) -> None:
        """It is gone afterwards."""
        try:
            self.path_of(name).unlink(missing_ok=True)
        except OSError as error:
            raise StorageAway(_reason(error)) from error

    def path_of(self, name: str) -> Path:
        """Where a file is."""
        return self.folder / key(name)


def _write(path: Path, data: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        unfinished = Path(file.name)
        try:
            file.write(data)
            file.flush()
            # People pay for it, so it shall be there after a power cut, too.
            os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def _reason(error: OSError) -> str:
    return f"the folder of pictures: {error.strerror or type(error).__name__}"
