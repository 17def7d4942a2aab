"""What `bin/test` runs; all of it, whatever fails."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

from environment import PYTHON, ROOT, module_command, module_environ

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Debian has it where only root looks.
PROXY_PATHS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
VENDOR = ROOT / "static" / "vendor"
CHECKSUMS = VENDOR / "checksums.txt"
LONG_STEPS = 1_000_000


def everything(*, is_long: bool = False) -> int:
    """The exit code: 0 only where every step passed. The last line says which didn't.

    A long run goes through a million steps of the ledger's model, which takes an hour or two.
    """
    if is_long:
        os.environ["POTLUCK_STEPS"] = str(LONG_STEPS)
    warming = _begin_to_warm_up()
    steps: dict[str, Callable[[], bool]] = {
        "ruff check": lambda: _passes("ruff", "check", "."),
        "ruff format --check": lambda: _passes("ruff", "format", "--check", "."),
        "mypy": lambda: _passes("mypy", f"--num-workers={_processors()}"),
        "import rules": import_rules_hold,
        "checksums of vendored files": vendored_files_are_intact,
        "a browser": browser_is_installed,
        "a proxy": proxy_is_installed,
    }
    failed = [name for name, step in steps.items() if not _announced(name, step)]
    warming.wait()
    # Most tests wait for other processes. Those of one file share them, so they stay together, and
    # `tests/conftest.py` has the long files begin first.
    workers = _processors() + 1
    spread = ["--dist=loadfile", "--no-loadscope-reorder", "--durations=15"]
    if pytest([f"--numprocesses={workers}", *spread, "-m", "not alone"]):
        failed.append("pytest")
    if pytest(["-m", "alone"]):
        failed.append("pytest, what runs alone")
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nEverything passed")
    return bool(failed)


def pytest(arguments: Sequence[str]) -> int:
    print("\n== pytest", flush=True)
    return _run(*module_command("pytest", *arguments))


def _begin_to_warm_up() -> subprocess.Popen[bytes]:
    """Compiles what the tests load, beside the first steps, rather than once in every worker.

    Whatever is wrong with a test, pytest says when it runs.
    """
    command = module_command("pytest", "--collect-only", "-qq", "-p", "no:cacheprovider")
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=ROOT, env=module_environ(), stdin=quiet, stdout=quiet, stderr=quiet
    )


def import_rules_hold() -> bool:
    """import-linter has no module to run, and its script breaks when a clone is moved."""
    code = "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])"
    return _run(str(PYTHON), "-c", code) == 0


def vendored_files_are_intact() -> bool:
    """Every file under static/vendor but our own README is listed, and is what the list says."""
    if not CHECKSUMS.exists():
        print("There is no static/vendor/checksums.txt, so nothing is vendored.")
        return not VENDOR.exists()
    listed = {}
    for line in CHECKSUMS.read_text().splitlines():
        digest, name = line.split(maxsplit=1)
        listed[name.lstrip("*").removeprefix("./")] = digest
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path not in (CHECKSUMS, VENDOR / "README.md")
    }
    wrong = sorted(name for name in listed | found if listed.get(name) != found.get(name))
    for name in wrong:
        print(f"static/vendor/{name} is missing, not listed in checksums.txt, or changed.")
    return not wrong


def browser_is_installed() -> bool:
    if os.environ.get("CHROMIUM") or any(map(shutil.which, BROWSERS)):
        return True
    print(
        "The tests drive Chromium, and there is none: apt install chromium, or set CHROMIUM to "
        "the path of one."
    )
    return False


def proxy_is_installed() -> bool:
    if shutil.which("nginx", path=PROXY_PATHS):
        return True
    print(
        "The tests run several processes behind nginx, and there is none: apt install nginx-light"
    )
    return False


def _processors() -> int:
    return os.cpu_count() or 1


def _announced(name: str, step: Callable[[], bool]) -> bool:
    print(f"\n== {name}", flush=True)
    return step()


def _passes(module: str, *arguments: str) -> bool:
    return _run(*module_command(module, *arguments)) == 0


def _run(*command: str) -> int:
    return subprocess.run(command, cwd=ROOT, env=module_environ(), check=False).returncode
