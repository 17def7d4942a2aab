"""The benches that `bin/bench` runs, and their place in docs/performance.md.

Each prints its tables in Markdown, its targets as `target WHAT: FIGURE, met`, and last the load of
the machine. What stands between the marks of a part in the file is what its last run printed.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from environment import ROOT, module_command, module_environ

REPORT = ROOT / "docs" / "performance.md"
PARTS = {
    "start": ("tests.bench.start",),
    "sockets": ("tests.bench.live",),
    "pages": ("tests.bench.pages", "--rounds", "1"),
    "money": ("tests.bench.race",),
    "streams": ("tests.bench.streams", "--rounds", "50", "100", "200", "500"),
    "scale": ("tests.bench.scale",),
}
CPU = re.compile(r"^model name\s*: (.+)$", re.MULTILINE)
TARGET = re.compile(r"target (?P<what>.+): (?P<figure>.+), (?P<verdict>met|not met)")


def main(names: Sequence[str]) -> int:
    """The exit code: that a target is missed fails nothing, that a bench breaks does."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"There is no part called {', '.join(unknown)}; there are: {', '.join(PARTS)}.")
        return 2
    broken = [name for name in names or PARTS if not _measure(name)]
    print(f"\nBroken: {', '.join(broken)}" if broken else f"\nWritten to {REPORT}")
    return bool(broken)


def _measure(name: str) -> bool:
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    code, lines = _run(module_command(*PARTS[name]))
    print(f"{name} took {time.monotonic() - began:.0f} s", flush=True)
    if code == 0:
        _keep(name, [*_report(lines), f"*{_when_and_where()}*"])
    return code == 0


def _run(command: list[str]) -> tuple[int, list[str]]:
    """Its exit code and what it printed, which is shown as it comes."""
    lines = []
    environ = module_environ()
    environ["PYTHONPATH"] += os.pathsep + str(ROOT)
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as bench:
        assert bench.stdout is not None
        for line in bench.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    return bench.returncode, lines


def _report(lines: list[str]) -> Iterator[str]:
    """The tables as they are, then the targets as one, then what the machine had to do besides."""
    was_table = True
    for line in lines:
        is_table = line.startswith("|")
        if is_table and not was_table:
            yield ""
        if is_table:
            yield line
        was_table = is_table
    targets = [found for line in lines if (found := TARGET.fullmatch(line))]
    if targets:
        yield from ("", "| target | measured | |", "| --- | ---: | --- |")
    for found in targets:
        yield f"| {found['what']} | {found['figure']} | {found['verdict']} |"
    yield from ("", *[line for line in lines if "a load of" in line][-1:], "")


def _keep(name: str, lines: Sequence[str]) -> None:
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    text = REPORT.read_text()
    if begin not in text:
        sys.exit(f"{REPORT} has no place for {name}: add {begin.strip()} and {end.strip()}")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    REPORT.write_text(before + begin + "\n".join(lines).strip() + "\n" + end + after)


def _when_and_where() -> str:
    cores, memory = os.cpu_count(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    today = datetime.now(UTC).date()
    return (
        f"{today}, {_processor()}, {cores} cores, {memory / 2**30:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    """As Linux names it; elsewhere as good as Python knows."""
    cpuinfo = Path("/proc/cpuinfo")
    found = CPU.search(cpuinfo.read_text()) if cpuinfo.exists() else None
    return found[1] if found else platform.machine()
