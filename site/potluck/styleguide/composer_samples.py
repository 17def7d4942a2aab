"""One's own part of a room: what each may do in every state of a round."""

from __future__ import annotations

from typing import Any

from potluck.rooms import recipes
from potluck.rooms.choices import Choice as ModelChoice
from potluck.rooms.menu import Choice, Menu
from potluck.rooms.short_lines import Offer, Shortage
from potluck.styleguide.room_samples import LINES, generation_of, room_of, round_of, view
from potluck.styleguide.samples import Sample, balance, opened, person, quote, thing


def groups() -> dict[str, list[Sample]]:
    """By what the page calls them."""
    return {
        "Composer: collecting": _collecting(),
        "Composer: credits": _credits(),
        "Composer: afterwards": _afterwards(),
    }


def _composer(name: str, round_: Any, **changes: Any) -> Sample:
    return view(name, "rooms/_composer.html", round_, **changes)


def _menu(*, remembered: int = 0) -> Menu:
    slugs = ("story", "verdict", "roast", "picture")
    listed = [Choice(recipes.recipe(slug), quote(), slug == "story") for slug in slugs]
    return Menu(listed, remembered=remembered)


def _collecting() -> list[Sample]:
    now, mine = round_of("collecting"), thing(text=LINES[0])
    public = round_of("collecting", room=room_of(is_open=True), is_public=True)
    guest = {"is_host": False}
    return [
        _composer("The host, before any line", round_of("collecting", lines=0), menu=_menu()),
        opened(_composer("To make something else", round_of("collecting", lines=0), menu=_menu())),
        _composer("A member", now, **guest, draft="A goat that can count"),
        _composer("Alone", round_of("collecting", lines=0, room=room_of(1)), quote=quote(1)),
        _composer("With open doors", public, **guest),
        _composer("One’s line is in", now, mine=mine, **guest),
        _composer("The host’s line is in, the clock runs", now, mine=mine, seconds_left=20),
        _composer("It remembers", now, quote=quote(before=7), **guest),
        _composer("Treated", round_of("collecting", treated_by=2), **guest, payment="host"),
        _composer(
            "From the pot", round_of("collecting", from_pot=True), payment="pot", pot=90, stake=40
        ),
    ]


def _credits() -> list[Sample]:
    now, mine = round_of("collecting"), thing(text=LINES[0])
    short = Shortage(1, person(1))
    word = "You have 3 credits, and your part may cost 14. Your line can wait: Ada can go on."
    poor = {**balance(3), "can_afford": False, "can_treat": False, "is_host": False}
    paused = {"pause_of": lambda _: "The kitchen is being cleaned. Back at eight."}
    return [
        _composer("Not enough for a line", now, **poor),
        _composer("Not enough to treat", round_of("collecting", treated_by=1), **poor),
        _composer("One’s line waits", now, **poor, mine=mine, shortage=short, word=word),
        _composer("Others’ lines wait", now, mine=mine, shortage=short, is_host=False),
        _composer("The host decides", now, mine=mine, shortage=short, offer=Offer(10, 19)),
        _composer("No price", now, quote=None, can_afford=False),
        _composer("Stopped by the operator", now, **paused),
    ]


def _afterwards() -> list[Sample]:
    models = [ModelChoice("smollm2-135m-instruct", 28), ModelChoice("large", 240)]
    nothing = generation_of(text="", is_something=False, cost_credits=0)
    failed = round_of("failed", generation=nothing)
    menu = _menu(remembered=2)
    return [
        _composer("While it is written", round_of("generating"), draft="Next time, a goat"),
        _composer("Without a line of one’s own", round_of("generating"), may_stop=False),
        _composer("Done", round_of("done"), menu=menu, models=models),
        opened(_composer("The next round", round_of("done"), menu=menu, models=models)),
        _composer("Failed", failed, menu=menu),
        _composer("Failed, for whoever only looked on", failed, menu=menu, may_stop=False),
    ]
