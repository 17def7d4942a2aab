"""A partial with what it is drawn from, and the people in all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from flask import render_template, url_for
from markupsafe import Markup

from potluck.accounts.models import User
from potluck.credits.ledger import Balance
from potluck.rooms.quotes import Quote

NAMING = re.compile(r'(?<= )(id|for|aria-labelledby|aria-describedby|data-copy|data-share)="(\w)')
NAMES = ("Ada", "Ben", "Chioma", "Dragomir", "Eun-ji", "Femi", "Gudrún", "Hector-Bartholomew")


@dataclass(frozen=True, slots=True)
class Sample:
    """One state of one partial. `frame` are the classes of what is around it on its page."""

    name: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    frame: str = ""
    replaced: Mapping[str, str] = field(default_factory=dict)

    def drawn(self, number: int) -> Markup:
        """Its HTML, with ids that no other sample has and forms that send nothing."""
        html = render_template(self.template, **{**_surroundings(), **self.context})
        for old, new in self.replaced.items():
            html = html.replace(old, new)
        html = NAMING.sub(rf'\1="sample-{number}-\2', html)
        # A form for a dialog does nothing where there is none.
        html = html.replace('method="post"', 'method="dialog"')
        return Markup(html)  # noqa: S704 - our own templates have escaped it


def opened(sample: Sample) -> Sample:
    """With everything open that can be opened."""
    return replace(sample, replaced={" open>": ">", "<details": "<details open"})


def thing(**attributes: Any) -> Any:
    """Whatever has these attributes: templates ask for no more."""
    return SimpleNamespace(**attributes)


def person(number: int) -> User:
    """One of eight, from 1 on. They are in no database."""
    return User(id=number, name=NAMES[number - 1])


def quote(people: int = 2, *, before: int = 0) -> Quote:
    """What a round of so many people can cost at most."""
    return Quote(total=28, each=-(-28 // people), people=people, before=before)


def packs() -> list[Any]:
    """Three, as they are shipped."""
    on_sale = [("taster", "Taster", 2_000, 200), ("table", "Table", 10_000, 900)]
    on_sale.append(("feast", "Feast", 50_000, 4_000))
    return [
        thing(
            id=number,
            slug=slug,
            name=name,
            credits=credits,
            amount_minor=minor,
            currency="usd",
            withdrawn_at=None,
        )
        for number, (slug, name, credits, minor) in enumerate(on_sale, start=1)
    ]


def balance(available: int = 1_250, held: int = 0) -> dict[str, Any]:
    """The viewer's credits, as templates ask for them."""
    return {"balance": lambda: Balance(posted=available + held, held=held, seq=1)}


def _surroundings() -> dict[str, Any]:
    """What templates ask the app for otherwise, answered without a database."""
    return {
        **balance(),
        "current_user": person(1),
        "packs_on_sale": packs,
        "rounds_for": lambda credits: credits // 28,
        "pause_of": lambda _: None,
        "my_room": lambda: None,
        "payments_in_motion": list,
        "automatic_top_up": lambda: None,
        "automatic_top_up_is_stopped": lambda: False,
        "site": url_for("home.index", _external=True).removesuffix("/"),
    }
