"""A room: who sits there, a round from its first line to its bill, and what each may do."""

from __future__ import annotations

import base64
from typing import Any

from flask import url_for

from potluck.rooms import recipes
from potluck.rooms.invitations import qr_svg
from potluck.rooms.settlement import CostSoFar
from potluck.rooms.short_lines import Shortage
from potluck.styleguide.samples import Sample, opened, person, quote, thing

LINES = (
    "A lighthouse keeper who is afraid of the dark.",
    "The supply boat brings the wrong crate.",
    "Somebody has been answering the foghorn.",
    "It is the last night before the lamp runs by itself, and nobody has told her.",
    "Vierzig Trompeten, und kein Mensch, der sie blasen kann.",
    "Rain.",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenknopflochverstärkungsfaden",
    "The dog knows.",
)
TEXT = """Marit kept the lamp at Skerry Point for eleven years and slept with a candle.

On Tuesday the boat brought no candles. It brought **forty trumpets**:

- thirty-nine that were silent,
- one that was not.

> She opened the crate."""
FAILURES = ("provider_busy", "stream_cut", "result_refused", "interrupted")


def groups() -> dict[str, list[Sample]]:
    """By what the page calls them."""
    return {
        "Seats": _seats(),
        "Round: collecting": _collecting(),
        "Round: being made": _generating(),
        "Round: over": _over(),
        "Earlier rounds": _earlier(),
        "Doors, leaving and closing": _ways_out(),
        "The whole room": [view("As members see it", "rooms/_in_view.html", round_of("done"))],
    }


def room_of(people: int = 4, *, is_open: bool = False) -> Any:
    """A room in which so many sit; the first is its host."""
    members = [thing(user=person(n), user_id=n, seat=n) for n in range(1, people + 1)]
    return thing(
        code="COOKPOT", host_id=1, seats=8, members=members, doors_opened_at=is_open or None
    )


def round_of(phase: str, *, lines: int = 2, room: Any = None, **changes: Any) -> Any:
    """The room's third round."""
    contributions = [
        thing(user_id=n, user=person(n), text=text) for n, text in enumerate(LINES[:lines], 1)
    ]
    terms = {"is_public": False, "context_rounds": 0, "starts_fresh": False, "model": None}
    payment = {"treater": None, "treated_by": None, "from_pot": False}
    generation = None if phase == "collecting" else generation_of()
    return thing(
        **{
            "number": 3,
            "phase": phase,
            "room": room or room_of(),
            "contributions": contributions,
            "generation": generation,
            **terms,
            **payment,
            **changes,
        }
    )


COST = CostSoFar(credits=9, input_millionths=0, credits_per_million=40_000)


def generation_of(**changes: Any) -> Any:
    """What the model made of it."""
    made = {"id": 41, "kind": "text", "text": TEXT, "seq": 12, "picture": None, "error_code": None}
    cost = {"cost_credits": 18, "usage_estimated": False, "is_something": True}
    return thing(**{**made, **cost, "price": thing(model="smollm2-135m-instruct"), **changes})


def picture() -> Any:
    """A picture that is there in every installation: the app's own icon."""
    icon = url_for("static", filename="icons/apple-touch-180.png")
    return thing(name=f"..{icon}", width=180, height=180)


def view(name: str, template: str, round_: Any, **changes: Any) -> Sample:
    """What the room's page gives to its partials, by whoever looks at it: the host."""
    context = {
        "room": round_.room,
        "round": round_,
        "recipe": recipes.recipe("story"),
        "shares": [
            thing(payer="Ada", credits=9, guest=None),
            thing(payer="Ben", credits=9, guest=None),
        ],
        "cost": COST if round_.phase == "generating" and round_.generation.kind == "text" else None,
        "sheet": None,
        "seconds_left": None,
        "shortage": None,
        "seats": {member.user_id: member.seat for member in round_.room.members},
        "earlier": [],
        "menu": None,
        "models": [],
        "quote": quote(len(round_.room.members)),
        "mine": None,
        "draft": "",
        "is_host": True,
        "may_open_doors": False,
        "may_stop": True,
        "offer": None,
        "word": None,
        "can_afford": True,
        "can_treat": True,
        "payment": "split",
        "pot": 0,
        "stake": 0,
    }
    return Sample(name, template, {**context, **changes}, frame="room")


def _round(name: str, round_: Any, **changes: Any) -> Sample:
    return view(name, "rooms/_round.html", round_, **changes)


def _seats() -> list[Sample]:
    name, eight = "rooms/_seats.html", round_of("collecting", room=room_of(8))
    here = Sample(
        "Here, as a script shows it",
        name,
        view("", name, eight).context,
        replaced={
            'class="seat ': 'class="seat is-here ',
            "data-presence></span>": "data-presence>here</span>",
        },
    )
    return [
        here,
        view("Away, or without scripts", name, eight),
        _invitation(),
    ]


def _invitation() -> Sample:
    """With a code of its own: the app draws none for a room that isn't there."""
    room = room_of(1)
    context = view("", "", round_of("collecting", room=room)).context
    code = base64.b64encode(qr_svg(url_for("rooms.show", code=room.code, _external=True))).decode()
    return Sample(
        "Invitation",
        "rooms/_invite.html",
        context,
        replaced={url_for("rooms.invitation", code=room.code): f"data:image/svg+xml;base64,{code}"},
    )


def _collecting() -> list[Sample]:
    host = person(1)
    return [
        _round("Nothing in yet", round_of("collecting", lines=0)),
        _round("Two lines, the clock runs", round_of("collecting"), seconds_left=41),
        _round("Eight hues", round_of("collecting", lines=8, room=room_of(8))),
        _round("One line is short", round_of("collecting"), shortage=Shortage(1, host)),
        _round("Short, and the host is gone", round_of("collecting"), shortage=Shortage(2, None)),
        _round("Remembers, with a model", round_of("collecting", context_rounds=2, model="large")),
        _round("Starts fresh", round_of("collecting", starts_fresh=True)),
        _round("The host treats", round_of("collecting", treater=host)),
        _round("The pot pays", round_of("collecting", from_pot=True)),
        _round("Open doors", round_of("collecting", room=room_of(is_open=True), is_public=True)),
    ]


def _generating() -> list[Sample]:
    empty = generation_of(text="")
    drawing = generation_of(kind="picture", text="")
    half = generation_of(kind="picture", text="", picture=picture())
    return [
        _round("Before the first word", round_of("generating", generation=empty)),
        _round("Writing", round_of("generating")),
        _round("Before the first sight of a picture", round_of("generating", generation=drawing)),
        _round("A picture becomes clearer", round_of("generating", generation=half)),
    ]


def _over() -> list[Sample]:
    drawn = generation_of(kind="picture", text="", picture=picture(), usage_estimated=True)
    nothing = {"text": "", "is_something": False, "cost_credits": 0}
    guest = [thing(payer="Ada", credits=18, guest="Ben")]
    asked = thing(
        is_public=False, proposed_at=True, people=[thing(vote="agreed"), thing(vote=None)]
    )
    return [
        _round("Done", round_of("done", lines=4)),
        _round("Done, proposed for the gallery", round_of("done"), sheet=asked),
        _round("Done, public", round_of("done"), sheet=thing(is_public=True, proposed_at=True)),
        _round("Done, and treated", round_of("done"), shares=guest),
        _round("A picture, its cost estimated", round_of("done", generation=drawn)),
        _round("Stopped", round_of("stopped")),
        _round(
            "Stopped at once", round_of("stopped", generation=generation_of(**nothing)), shares=[]
        ),
        *(
            _round(
                f"Failed: {why}",
                round_of("failed", generation=generation_of(**nothing, error_code=why)),
            )
            for why in FAILURES
        ),
        _round("Put away", round_of("stopped", generation=None)),
    ]


def _earlier() -> list[Sample]:
    drawn = generation_of(kind="picture", text="", picture=picture())
    past = [
        round_of("done", number=1),
        round_of("done", number=2, generation=drawn),
        round_of("failed", number=3, generation=None),
    ]
    sample = view("Text, picture, nothing", "rooms/_earlier.html", round_of("done"), earlier=past)
    return [sample, opened(sample)]


def _ways_out() -> list[Sample]:
    now, public = round_of("collecting"), round_of("collecting", room=room_of(is_open=True))
    return [
        view("Closed doors", "rooms/_doors.html", now, may_open_doors=True),
        view("Open doors", "rooms/_doors.html", public),
        opened(view("The host leaves", "rooms/_leave.html", now)),
        opened(view("A member leaves", "rooms/_leave.html", now, current_user=person(2))),
    ]
