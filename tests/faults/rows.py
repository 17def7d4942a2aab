"""The rows of docs/faults.md, and the tests that say which of them they prove."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import pytest

from tests.stack import ROOT

TABLE = ROOT / "docs" / "faults.md"
ROW = re.compile(r"^\| ([A-Z][0-9]+) \|", re.MULTILINE)


@dataclass
class Proofs:
    """What was collected: the ids of the tests of each row."""

    # Whether every test there is was looked at, or only those of some files.
    is_whole: bool = False
    tests: dict[str, set[str]] = field(default_factory=dict)

    def collect(self, items: Iterable[pytest.Item]) -> None:
        for item in items:
            for row in rows_of(item):
                self.tests.setdefault(row, set()).add(item.nodeid)

    def proved(self, passed: AbstractSet[str]) -> tuple[list[str], int]:
        """Rows of which every test passed, and how many tests that were."""
        rows = [row for row in listed() if row in self.tests and self.tests[row] <= passed]
        return rows, len({test for row in rows for test in self.tests[row]})


PROOFS = pytest.StashKey[Proofs]()


def listed() -> list[str]:
    """The rows of the table."""
    return ROW.findall(TABLE.read_text())


def rows_of(item: pytest.Item) -> Iterator[str]:
    """Those that a test says it proves."""
    for mark in item.iter_markers("fault"):
        yield from mark.args
