"""Every row of docs/faults.md has a test, and every test that names a row names one of these."""

from __future__ import annotations

import pytest

from tests.faults import rows

# So that `-m fault` runs these as well, whatever was looked at.
pytestmark = pytest.mark.fault


def test_every_row_stands_in_the_table_once() -> None:
    assert rows.listed()
    assert len(set(rows.listed())) == len(rows.listed())


def test_every_row_has_a_test(pytestconfig: pytest.Config) -> None:
    proofs = pytestconfig.stash[rows.PROOFS]
    without = [row for row in rows.listed() if row not in proofs.tests]
    # Where only some files were looked at, nobody can say.
    assert not (proofs.is_whole and without), without


def test_every_test_names_a_row_that_there_is(pytestconfig: pytest.Config) -> None:
    named = pytestconfig.stash[rows.PROOFS].tests
    assert {row: tests for row, tests in named.items() if row not in rows.listed()} == {}
