"""The tables of `docs/scale.md`; `tests/live/test_scale.py` compares both.

`PYTHONPATH=site:. python -m tests.bench.scale_tables` prints them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields

from potluck.rooms.matching import PEOPLE_MAX as SEATS
from tests.bench.scale_costs import COSTS, HABITS, Costs, Habits, Load

SIZES = (10_000, 100_000, 1_000_000)
DAY_SECONDS = 86_400


def tables() -> Iterator[str]:
    """In Markdown."""
    loads = [Load(people) for people in SIZES]
    yield from _table("At once", loads, NEEDS)
    yield ""
    names = loads[0].strains(1)
    strains = {name: (lambda load, name=name: _strain(load, name)) for name in names}
    yield from _table("Strain, 1 is the limit", loads, strains)


def _table(
    title: str, loads: list[Load], rows: Mapping[str, Callable[[Load], str]]
) -> Iterator[str]:
    yield f"| {title} | " + " | ".join(f"{load.people:,.0f} people" for load in loads) + " |"
    yield "| --- |" + " ---: |" * len(loads)
    for name, cell in rows.items():
        yield f"| {name} | " + " | ".join(cell(load) for load in loads) + " |"


def _strain(load: Load, name: str) -> str:
    strain = load.strains(_processes(load))[name]
    return f"**{strain:,.2f}**" if strain > 1 else f"{strain:,.2f}"


def _processes(load: Load) -> int:
    """With the bus mended: what is needed at least."""
    processes = load.live_processes(has_channels=True)
    assert processes, "beyond what any number of processes carries"
    return processes


def _as_it_is(load: Load) -> str:
    processes = load.live_processes(has_channels=False)
    return "no number" if processes is None else f"{processes:,}"


NEEDS: dict[str, Callable[[Load], str]] = {
    "connections": lambda load: f"{load.connections:,.0f}",
    "rooms, and texts being written": lambda load: f"{load.rooms:,.0f}, {load.texts:,.0f}",
    "live processes, one core each, as it is": _as_it_is,
    "the same, where each hears its own rooms alone": lambda load: f"{_processes(load):,}",
    "GB for their connections": lambda load: (
        f"{load.connections * load.costs.connection_bytes / 1e9:,.1f}"
    ),
    "processes for pages, one core each": lambda load: f"{load.web_processes:,}",
    "messages on the bus a second": lambda load: f"{load.deltas:,.0f}",
    "rows of presence": lambda load: f"{load.presence_rows:,.0f}",
    "of them written a second": lambda load: f"{load.rows_written:,.0f}",
    "in so many statements a second": lambda load: f"{load.batches(_processes(load)):,.0f}",
    "announcements that each process hears a second": lambda load: (
        f"{load.notices(_processes(load)):,.0f}"
    ),
    "questions for orders a second": lambda load: f"{load.order_questions(_processes(load)):,.0f}",
    "cores of PostgreSQL to count people": lambda load: (
        f"{load.counting_cores(_processes(load)):,.1f}"
    ),
    "cores of PostgreSQL to write": lambda load: f"{load.writing_cores:,.1f}",
    "connections to PostgreSQL, at most": lambda load: (
        f"{load.postgres_connections(_processes(load)):,.0f}"
    ),
    "rooms matched a second": lambda load: f"{load.matches:,.1f}",
    "statements a second that save texts": lambda load: f"{load.saves(_processes(load)):,.0f}",
    "rounds settled a second": lambda load: f"{load.rounds:,.1f}",
    "millions of entries a day": lambda load: f"{2 * SEATS * load.rounds * DAY_SECONDS / 1e6:,.1f}",
}


def assumptions() -> Iterator[str]:
    """What the tables rest on, in Markdown."""
    yield "| What people do | |"
    yield "| --- | ---: |"
    for field in fields(Habits):
        yield f"| {_words(field.name)} | {getattr(HABITS, field.name):g} |"
    yield ""
    yield "| What things cost | |"
    yield "| --- | ---: |"
    for field in fields(Costs):
        value = getattr(COSTS, field.name)
        shown = f"{value * 1e3:.3g} ms" if value < 1 else f"{value:,.0f}"
        yield f"| {_words(field.name)} | {shown} |"


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    print("\n".join([*tables(), "", *assumptions()]))  # noqa: T201
