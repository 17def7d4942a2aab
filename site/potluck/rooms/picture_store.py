"""What every place that keeps pictures does, and how it says that it can't."""

from __future__ import annotations

from typing import Protocol


class NoSuchPicture(Exception):
    """There is no file of this name."""


class StorageAway(Exception):
    """Nothing can be kept or read just now; says why, to the operator, without any secret."""


class PictureStore(Protocol):
    """Keeps files by their names. All of it may take a while, and raises `StorageAway`."""

    @property
    def where(self) -> str:
        """For the operator; without any secret."""

    def write(self, name: str, data: bytes) -> None:
        """Others see all of it or nothing."""

    def read(self, name: str) -> bytes:
        """The whole file; raises `NoSuchPicture`."""

    def remove(self, name: str) -> None:
        """It is gone afterwards, whether or not it was there."""


def key(name: str) -> str:
    """Where a file is within its place: in folders by the first letters, so that none gets long.

    The same everywhere, so that pictures can be copied from one place to another.
    """
    return f"{name[:2]}/{name}"
