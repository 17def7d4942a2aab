"""What could be made next, and what each of it can cost at most."""

from __future__ import annotations

from dataclasses import dataclass

from potluck.credits import pricing
from potluck.rooms import choices, memory, quotes
from potluck.rooms.models import Round
from potluck.rooms.quotes import Quote
from potluck.rooms.recipes import DEFAULT_SLUG, Recipe


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


def offered(current: Round, *, people: int, known: memory.Known | None = None) -> Menu | None:
    """For a round into which nobody has put a line, and after one that is over."""
    if current.phase == "generating" or (current.phase == "collecting" and current.contributions):
        return None
    if current.phase == "collecting":
        rounds, tokens = current.context_rounds, current.context_tokens
    else:
        remembered = memory.after(current, model=current.model, known=known)
        rounds, tokens = remembered.rounds, remembered.tokens
    offered = choices.recipes_offered()
    is_offered = any(each.slug == current.recipe for each in offered)
    first = current.recipe if is_offered else DEFAULT_SLUG
    listed = [
        Choice(each, _quote(each, current, people=people, tokens=tokens), each.slug == first)
        for each in offered
    ]
    return Menu(listed, remembered=rounds)


def _quote(recipe: Recipe, current: Round, *, people: int, tokens: int) -> Quote | None:
    try:
        return quotes.quote(recipe, people=people, context_tokens=tokens, model=current.model)
    except pricing.NoPrice:
        return None
