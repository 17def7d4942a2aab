"""Whether the arithmetic of `docs/scale.md` holds: a million people over fifty processes.

`PYTHONPATH=site:. python -m tests.bench.scale`. Two or three minutes. What the app's own presence
and pool do is counted beside what `scale_costs.py` says of it; exits 1 where both differ, or where
a process counts wrongly. What it takes is processor time, and no figure of that fails the run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import psycopg
from pydantic import SecretStr

from potluck.credits import pricing
from potluck.database import db
from potluck.live import broadcasts
from potluck.rooms.matching import PEOPLE_MAX
from tests.bench.installation import installation
from tests.bench.scale_costs import COSTS, HABITS
from tests.bench.scale_heard import seconds_per_message, seconds_per_notice, spent_on_orders
from tests.bench.scale_simulation import SAVES, Found, Plan, Simulation

MODEL = "scripted"
MESSAGES = 5_000
# People come and go by chance.
TOLERANCE = 0.1


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    plan = _plan(arguments)
    with installation() as (app, _):
        given = {"openai_model": MODEL, "openai_api_key": SecretStr("sandbox")}
        app.extensions["settings"] = app.extensions["settings"].model_copy(update=given)
        pricing.set_price(MODEL, input_credits_per_million=1_000, output_credits_per_million=40_000)
        db.session.commit()
        url = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as owner:
            found = Simulation(plan, owner).run()
            heard = {
                "bus_message": seconds_per_message(broadcasts._server().server, messages=MESSAGES),
                "notice": seconds_per_notice(owner, notices=MESSAGES),
            }
            asked = spent_on_orders(owner, questions=MESSAGES)
            heard["order_asked"] = asked.here / MESSAGES
            heard["order_looked_for"] = asked.postgres / MESSAGES
    print(f"{plan.people:,} people, {plan.processes} processes, {plan.seconds:g} s")  # noqa: T201
    print("\n".join([*counts(plan, found), "", *costs(plan, found, heard)]))  # noqa: T201
    print(f"a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # noqa: T201
    wrong = [name for name, (said, seen) in compared(plan, found).items() if is_off(said, seen)]
    for name in wrong:
        print(f"the arithmetic is wrong about {name}")  # noqa: T201
    if not found.are_counts_right:
        print("a process counts other people than there are")  # noqa: T201
    return bool(wrong) or not found.are_counts_right


def _plan(arguments: Sequence[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="tests.bench.scale")
    for name in ("people", "processes", "waiting", "matched"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Plan, name))
    parser.add_argument("--stay-seconds", type=float, default=HABITS.stay_seconds)
    given = vars(parser.parse_args(arguments))
    habits = replace(HABITS, stay_seconds=given.pop("stay_seconds"))
    return Plan(**given, habits=habits)


def compared(plan: Plan, found: Found) -> dict[str, tuple[float, float]]:
    """What was computed, and what was counted."""
    load, processes, seen = plan.load, plan.processes, found.counts
    return {
        "rows of people": (load.connections, seen["people_rows"]),
        "rows of who looks at rooms": (load.onlooker_rows, seen["onlooker_rows"]),
        "batches written": (load.batches(processes) * plan.seconds, seen["batches"]),
        "rows written": (load.rows_written * plan.seconds, seen["rows_written"]),
        "announcements": (load.presence_notices(processes) * plan.seconds, seen["notices"]),
        "leases renewed": (processes, seen["leases"]),
        "rows that went with a process": (load.connections / processes, seen["rows_buried"]),
        "processes left": (processes - 1, seen["survivors"]),
        "places kept in the pool": (plan.waiting, seen["places_kept"]),
        "rooms made of the pool": (plan.matched / PEOPLE_MAX, seen["rooms_made"]),
        "texts saved": (SAVES * plan.matched / PEOPLE_MAX, seen["texts_saved"]),
    }


def is_off(said: float, seen: float) -> bool:
    """Whether they are further apart than rounding makes them."""
    return abs(seen - said) > max(TOLERANCE * said, 1)


def counts(plan: Plan, found: Found) -> Iterator[str]:
    """The comparison, in Markdown."""
    yield "| | computed | counted | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    for name, (said, seen) in compared(plan, found).items():
        yield f"| {name} | {said:,.0f} | {seen:,.0f} | {seen / said:.2f} |"


def costs(plan: Plan, found: Found, heard: Mapping[str, float]) -> Iterator[str]:
    """What was measured of what `Costs` says, and how long each phase took."""
    spent, load = found.spent, plan.load
    rooms = found.counts["rooms_made"]
    matching, pushing = spent["matching"], spent["pushing"]
    read_rows = plan.readers * load.connections
    measured = {
        "row_written": spent["writing"].postgres / load.presence_rows,
        "row_counted": spent["reading"].postgres / read_rows,
        "match": (matching.here + matching.postgres) / rooms,
        "presence_push": pushing.here / rooms,
        "text_saved": spent["saving"].postgres / found.counts["texts_saved"],
        **heard,
    }
    yield "| µs of a processor | in Costs | now |"
    yield "| --- | ---: | ---: |"
    for name, seconds in measured.items():
        yield f"| {name} | {getattr(COSTS, name) * 1e6:,.1f} | {seconds * 1e6:,.1f} |"
    yield ""
    yield "| phase | s | CPU s here | CPU s in PostgreSQL |"
    yield "| --- | ---: | ---: | ---: |"
    for name, took in spent.items():
        yield f"| {name} | {took.seconds:.1f} | {took.here:.1f} | {took.postgres:.1f} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
