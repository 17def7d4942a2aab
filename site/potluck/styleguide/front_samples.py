"""The front door, the pool, the gallery's news, and the operator's figures."""

from __future__ import annotations

from typing import Any

from potluck.admin.balance import Sum, Tiles
from potluck.rooms import recipes
from potluck.rooms.doors import OpenRoom
from potluck.styleguide.money_samples import AT
from potluck.styleguide.room_samples import LINES, TEXT
from potluck.styleguide.samples import Sample, balance, person, quote, thing
from potluck.styleguide.sheet_samples import face

PHASES = ("collecting", "generating", "done", "stopped", "failed")


def groups() -> dict[str, list[Sample]]:
    """By what the page calls them."""
    return {
        "Pool": _pool(),
        "Home": _home(),
        "Open rooms": _open_rooms(),
        "Landing": _landing(),
        "Gallery": _gallery(),
        "Operator’s figures": _tiles(),
    }


def _pool() -> list[Sample]:
    name = "pool/_mine.html"
    context = {
        "quote": quote(1),
        "waiting": 3,
        "seconds_to_wave": 7.4,
        "changes_in_seconds": 30.0,
        "is_waiting": False,
        "is_lonely": False,
        "can_afford": True,
        "first_recipe": recipes.recipe("story"),
    }
    lonely = {"is_waiting": True, "is_lonely": True, "waiting": 1}
    return [
        Sample("At the door", name, context),
        Sample("With a ticket", name, {**context, "is_waiting": True}),
        Sample("Alone with a ticket", name, {**context, **lonely}),
        Sample("Without the credits", name, {**context, "can_afford": False, **balance(3)}),
        Sample("No model", name, {**context, "quote": None}),
    ]


def _home() -> list[Sample]:
    name = "home/_price.html"
    short = {"quote": quote(1), "room": None, **balance(3)}
    return [
        Sample("Ways in", "home/_ways.html", {"waiting": 3, "is_short": False}),
        Sample("Ways in, without the credits", "home/_ways.html", {"waiting": 1, "is_short": True}),
        Sample("The price of a round", name, short),
        Sample("The price, with a room", name, {**short, "room": thing(code="COOKPOT")}),
        Sample("The price, with no packs", name, {**short, "packs_on_sale": list}),
    ]


def _open_rooms() -> list[Sample]:
    name = "rooms/_open_rooms.html"
    listed = [
        OpenRoom("COOKPOT", "Ada", 4, 1, "A short story", "collecting"),
        OpenRoom("FLATTOP", "Hector-Bartholomew", 8, 7, "A picture", "generating"),
        OpenRoom("STEWING", "Ben", 8, 3, "Roast an idea", "done"),
    ]
    return [
        Sample("Three", name, {"open_rooms": listed, "shown": "0"}),
        Sample("None", name, {"open_rooms": [], "shown": "0"}),
    ]


def _landing() -> list[Sample]:
    name = "styleguide/_stage.html"
    lines = [
        thing(hue=n, initials=person(n).initials, text=line) for n, line in enumerate(LINES[:3], 1)
    ]
    return [
        Sample("Before anything is public", name, {"face": None, "open_round": None}),
        Sample("The newest sheet", name, {"face": face(), "open_round": None}),
        *(
            Sample(
                f"An open room: {phase}", name, {"face": None, "open_round": _live(phase, lines)}
            )
            for phase in PHASES
        ),
    ]


def _live(phase: str, lines: list[Any]) -> Any:
    text = "" if phase in ("collecting", "failed") else TEXT.partition("\n")[0]
    return thing(phase=phase, title="A short story", lines=lines, text=text)


def _gallery() -> list[Sample]:
    name = "gallery/_news.html"
    return [
        Sample(f"{count} new", name, {"count": count, "chosen": None}, frame="news")
        for count in (1, 7, 99)
    ]


def _tiles() -> list[Sample]:
    now = {"streams": 2, "holds": 3, "failed": 0, "lag_seconds": 0.4, "lag_seconds_max": 2.1}
    people = {"members": 1_204, "with_members": 98_250, "held": 42, "owed": 500, "frozen": 0}
    flows = {"sold": 120_000, "given": 4_000, "earned": 25_750, "refunded": 2_000, "disputed": 0}
    quiet = Tiles(
        thing(**people, **flows, is_balanced=True),
        [Sum("US$118.00", "US$2.00")],
        thing(**now, waiting_seconds=None),
        AT,
    )
    alarmed = Tiles(
        thing(**{**people, "frozen": 1}, **flows, is_balanced=False),
        [],
        thing(**{**now, "failed": 2, "lag_seconds": None}, waiting_seconds=95),
        AT,
    )
    name = "admin/_tiles.html"
    return [
        Sample("All is well", name, {"tiles": quiet}),
        Sample("Something is wrong", name, {"tiles": alarmed}),
    ]
