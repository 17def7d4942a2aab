"""Commands, and the processes that serve pages alone, load what they need and no more."""

from __future__ import annotations

import subprocess
import sys

from potluck import loading
from tests.stack import ROOT

# Each takes a good part of the time that the whole app takes to load.
LATER = {
    *("openai", "httpx2", "alembic", "authlib", "stripe", "requests", "httpx", "rich"),
    *("socketio", "engineio", "redis", "websockets", "markdown_it", "nh3", "PIL", "segno"),
}
SOCKETS = {"socketio", "engineio", "redis", "websockets"}
SAY_WHAT_IS_LOADED = "import sys, potluck; print(*sys.modules)"
MAKE_AN_APP = """
import sys, potluck
from potluck.settings import Settings
settings = Settings.from_environment({
    "POTLUCK_ROLE": sys.argv[1], "POTLUCK_VAR": sys.argv[2],
    "DATABASE_URL": "postgresql://nobody@nowhere/nothing",
    "STRIPE_SECRET_KEY": "sk_test_of_nobody", "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
})
potluck.create_app(settings)
print(*sys.modules)
"""


def said_by(program: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT / "site",
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_what_is_long_in_loading_waits_until_somebody_needs_it() -> None:
    loaded = set(said_by(SAY_WHAT_IS_LOADED).split())
    assert "potluck.rooms.provider" in loaded
    assert loaded & LATER == set()
    assert loaded & set(loading.LATER) == set()


def test_a_process_that_serves_pages_alone_loads_no_sockets(tmp_path: object) -> None:
    loaded = set(said_by(MAKE_AN_APP, "web", tmp_path).split())
    assert loaded & LATER == set()
    assert set(said_by(MAKE_AN_APP, "live", tmp_path).split()) >= SOCKETS
