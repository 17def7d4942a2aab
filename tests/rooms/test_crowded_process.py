"""A process that has as many texts written as it can leaves the next to others."""

from __future__ import annotations

import gevent
from gevent.event import Event

from potluck.jobs import Jobs
from potluck.rooms import generation, leases
from tests.rooms.conftest import Table

# Rather than for ever.
SECONDS_MAX = 10


def test_an_order_is_not_taken_by_a_process_without_a_place_for_it(table: Table) -> None:
    jobs, is_over = Jobs(table.app, tasks_max=1), Event()
    jobs.spawn(is_over.wait)
    table.add_lines("A frog who sings.")
    table.start()
    with gevent.Timeout(SECONDS_MAX):
        generation.take_orders(jobs)
    assert leases.claim(), "another process finds it"
    is_over.set()
    jobs.drain(within_seconds=SECONDS_MAX)
