"""What could be made next, and what each of it can cost at most."""

from __future__ import annotations

from dataclasses import dataclass

from potluck.credits import pricing
from potluck.rooms import memory, quotes
from potluck.rooms.models import Round
from potluck.rooms.quotes import Quote
from potluck.rooms.recipes import DEFAULT_SLUG, Recipe, recipes


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe with its ceiling; none where no model can be used."""

    recipe: Recipe
    quote: Quote | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """Every recipe, and how many rounds the one that is chosen would remember."""

    all: list[Choice]
    remembered: int


def offered(current: Round, *, people: int) -> Menu | None:
    """For a round into which nobody has put a line, and after one that is over."""
    if current.phase == "generating" or (current.phase == "collecting" and current.contributions):
        return None
    if current.phase == "collecting":
        rounds, tokens = current.context_rounds, current.context_tokens
    else:
        remembered = memory.after(current)
        rounds, tokens = remembered.rounds, remembered.tokens
    first = current.recipe if current.recipe in recipes() else DEFAULT_SLUG
    choices = [
        Choice(each, _quote(each, people=people, tokens=tokens), is_first=each.slug == first)
        for each in recipes().values()
    ]
    return Menu(choices, remembered=rounds)


def _quote(recipe: Recipe, *, people: int, tokens: int) -> Quote | None:
    try:
        return quotes.quote(recipe, people=people, context_tokens=tokens)
    except pricing.NoPrice:
        return None
