"""What a run counted, and which rows of docs/faults.md it proved, said at its end.

A plugin of its own: where several processes run the tests, the one that speaks at the end collects
none of them, and each of the others tells it what it saw.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.rows import PROOFS, Proofs
from tests.figures import note

COUNTS = pytest.StashKey[list[str]]()
IS_WHOLE, SAID, TESTS = "is_whole", "counts", "fault_tests"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before `-m` and `-k` take some of them out again."""
    proofs = config.stash.setdefault(PROOFS, Proofs())
    proofs.is_whole = _is_whole(config)
    proofs.collect(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One process of several hands over what it counted."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        proofs = session.config.stash.get(PROOFS, Proofs())
        output[TESTS] = {row: sorted(tests) for row, tests in proofs.tests.items()}
        output[SAID] = session.config.stash.get(COUNTS, [])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells one of several processes what it can't see: whether all tests were asked for."""
    node.workerinput[IS_WHOLE] = _is_whole(node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes what one of several processes hands over; one that died has nothing to say."""
    output = getattr(node, "workeroutput", {})
    proofs = node.config.stash.setdefault(PROOFS, Proofs(is_whole=_is_whole(node.config)))
    for row, tests in output.get(TESTS, {}).items():
        proofs.tests.setdefault(row, set()).update(tests)
    node.config.stash.setdefault(COUNTS, []).extend(output.get(SAID, []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says what was counted, also where everything passed."""
    counts = config.stash.get(COUNTS, [])
    proofs = config.stash.get(PROOFS, Proofs())
    if proofs.is_whole:
        passed, failed, error = (
            {report.nodeid for report in terminalreporter.getreports(outcome)}
            for outcome in ("passed", "failed", "error")
        )
        rows, tests = proofs.proved(passed - failed - error)
        note("fault rows", value=len(rows), tests=tests)
        counts = [*counts, f"fault rows: {len(rows)}, by {tests} tests"]
    for line in counts:
        terminalreporter.write_line(line)


def _is_whole(config: pytest.Config) -> bool:
    told = getattr(config, "workerinput", {}).get(IS_WHOLE)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS if told is None else bool(told)
