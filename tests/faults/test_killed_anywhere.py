"""A process killed at every statement, commit and network call, and what is left of the money."""

from __future__ import annotations

import pytest

from tests.faults.workers import Crew
from tests.figures import note

PATHS = (
    *("buy", "buy again", "return", "webhook", "refund", "hear of refund"),
    *("top up", "spend", "settle", "sweep"),
)
# How often a text is saved hangs on the clock, and so does who needs one more connection then.
BY_THE_CLOCK = ("leases.save", "connecting to PostgreSQL in leases.")


@pytest.mark.parametrize("path", PATHS)
def test_a_process_killed_anywhere_loses_nobody_a_credit(
    path: str, killers: Crew, counts: list[str]
) -> None:
    sites = killers.kill_everywhere(path)
    killed = [site for site in sites if site.was_reached]
    note("sites killed", value=len(killed), path=path)
    counts.append(f"sites killed: {path} {len(killed)}")
    wrong = [f"{site.name}: {complaint}" for site in sites for complaint in site.complaints]
    assert not wrong, "\n".join(["Killed", *wrong])
    missed = [site.name for site in sites if not site.was_reached]
    assert all(any(what in name for what in BY_THE_CLOCK) for name in missed), missed
    assert killed
