"""A bucket at a real S3 server: `rclone serve s3`, in a process of its own, over a folder."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr

from potluck.buckets import bucket
from potluck.rooms.picture_bucket import BucketStore
from sandbox.ports import free_port

RCLONE = Path(sys.executable).parent / "rclone"
START_SECONDS_MAX = 30.0
# As Amazon's are: with signs that must be encoded in an address.
SECRET = f"hush/{secrets.token_hex(8)}+hush"
FOLDER = "from/potluck"


@dataclass
class BucketServer:
    """The server, which can be ended; its files are all there is in the bucket."""

    root: Path
    port: int
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Returns once it listens."""
        keys = {"RCLONE_AUTH_KEY": f'"potluck-key,{SECRET}"', "RCLONE_CONFIG": os.devnull}
        self.process = subprocess.Popen(
            [RCLONE, "serve", "s3", "--addr", f"127.0.0.1:{self.port}", self.root],
            env={**os.environ, **keys},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not _listens(self.port):
            assert self.process.poll() is None, "rclone gave up"
            assert time.monotonic() < deadline, "rclone is not ready"
            time.sleep(0.02)

    def end(self) -> None:
        """At once, as if its plug was pulled."""
        self.process.kill()
        self.process.wait(5)

    def address(self, *, secret: str = SECRET, name: str = "pictures") -> str:
        """What `PICTURES_URL` says."""
        keys = f"potluck-key:{quote(secret, safe='')}"
        return f"s3+http://{keys}@127.0.0.1:{self.port}/{name}/{FOLDER}?region=eu-north-1"

    @property
    def setting(self) -> SecretStr:
        """The same as a setting."""
        return SecretStr(self.address())

    def store(self, **wrong: str) -> BucketStore:
        """The app's side of it."""
        return BucketStore(bucket(self.address(**wrong)))

    def path_of(self, name: str) -> Path:
        """The file in which the server keeps an object."""
        return self.root / "pictures" / FOLDER / name[:2] / name

    def files(self) -> list[Path]:
        """Every object there is."""
        return [path for path in (self.root / "pictures").rglob("*") if path.is_file()]


@contextmanager
def bucket_server(root: Path) -> Iterator[BucketServer]:
    """An empty bucket called `pictures`, until the end."""
    (root / "pictures").mkdir()
    server = BucketServer(root, free_port("127.0.0.1", 0))
    server.start()
    try:
        yield server
    finally:
        server.end()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
