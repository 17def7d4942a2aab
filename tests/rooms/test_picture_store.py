"""Where pictures are kept: a folder and a bucket promise the same, and say when they can't."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from potluck.rooms import picture_bucket
from potluck.rooms.picture_folder import FolderStore
from potluck.rooms.picture_store import NoSuchPicture, PictureStore, StorageAway
from tests.rooms.bucket_server import FOLDER, SECRET, BucketServer, bucket_server
from tests.stopped import stopped

NAME = "Ab-_9.png"
SEEN_WITHIN_SECONDS = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BucketServer]:
    with bucket_server(tmp_path) as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PictureStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "pictures")
    server: BucketServer = request.getfixturevalue("server")
    return server.store()


def test_what_is_written_can_be_read_until_it_is_removed(store: PictureStore) -> None:
    store.write(NAME, b"\x89PNG\0\xff" * 1_000)
    assert store.read(NAME) == b"\x89PNG\0\xff" * 1_000
    store.remove(NAME)
    with pytest.raises(NoSuchPicture):
        store.read(NAME)
    store.remove(NAME)


def test_nobody_sees_half_of_a_picture_while_it_is_written(store: PictureStore) -> None:
    names = [f"{number}-{NAME}" for number in range(10)]
    whole = bytes(range(250)) * 20_000

    def write() -> None:
        for name in names:
            store.write(name, whole)

    writer = threading.Thread(target=write)
    writer.start()
    seen = {name: first_sight(store, name) for name in names}
    writer.join()
    assert [name for name, data in seen.items() if data != whole] == []


def first_sight(store: PictureStore, name: str) -> bytes:
    """What somebody gets who asks again and again until it is there."""
    deadline = time.monotonic() + SEEN_WITHIN_SECONDS
    while time.monotonic() < deadline:
        with suppress(NoSuchPicture):
            return store.read(name)
    return b""


def test_both_places_have_it_under_the_same_path(server: BucketServer, tmp_path: Path) -> None:
    folder = FolderStore(tmp_path / "elsewhere")
    for place in (folder, server.store()):
        place.write(NAME, b"a picture")
    path = folder.path_of(NAME).relative_to(folder.folder)
    assert (server.root / "pictures" / FOLDER / path).read_bytes() == b"a picture"


@pytest.mark.fault("G13")
def test_a_folder_that_takes_nothing_says_so_and_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "pictures").touch()
    store = FolderStore(tmp_path / "pictures")
    for attempt in (lambda: store.write(NAME, b"a picture"), lambda: store.read(NAME)):
        with pytest.raises(StorageAway, match="Not a directory"):
            attempt()


def test_a_disk_that_fills_up_keeps_no_half(tmp_path: Path) -> None:
    folder = tmp_path / "Ab"
    (folder / NAME).mkdir(parents=True)
    with pytest.raises(StorageAway, match="Is a directory"):
        FolderStore(tmp_path).write(NAME, b"a picture")
    assert list(folder.iterdir()) == [folder / NAME]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"secret": "hush-another"}, "403 at .*: SignatureDoesNotMatch"),
        ({"name": "nobodys"}, "404 at .*: NoSuchBucket"),
    ],
)
def test_a_bucket_that_is_not_ours_is_away_and_its_secret_is_not_told(
    server: BucketServer, wrong: dict[str, str], reason: str
) -> None:
    store = server.store(**wrong)
    for attempt in (lambda: store.write(NAME, b"x"), lambda: store.read(NAME)):
        with pytest.raises(StorageAway, match=reason) as told:
            attempt()
        assert "hush" not in repr(told.value) + repr(store)
    assert server.files() == []


def test_a_server_that_is_gone_is_away_and_back_when_it_is_back(server: BucketServer) -> None:
    store = server.store()
    store.write(NAME, b"a picture")
    server.end()
    with pytest.raises(StorageAway, match="ConnectionError at http://127") as told:
        store.read(NAME)
    assert SECRET not in repr(told.value)
    assert NAME not in str(told.value)
    server.start()
    assert store.read(NAME) == b"a picture"


@pytest.mark.fault("G13")
def test_a_server_that_falls_silent_is_away_in_time(
    server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_bucket, "TIMEOUTS_SECONDS", (0.3, 0.3))
    store = server.store()
    with stopped(server.process):
        begun = time.monotonic()
        with pytest.raises(StorageAway):
            store.write(NAME, b"a picture")
        assert time.monotonic() - begun < 5
