"""Which models a round can be written by: those that are named and have a price."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from potluck.credits import pricing
from potluck.credits.models import ModelPrice
from potluck.refusals import Refusal
from potluck.rooms import memory, quotes
from potluck.rooms.models import Round
from potluck.rooms.recipes import DEFAULT_SLUG, Recipe, recipes
from potluck.settings import current_settings
from potluck.texts import gettext as _


class BadModel(Refusal):
    """A model that nobody offered."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unknown_model"


def recipes_offered() -> list[Recipe]:
    """What can be made here: pictures only where there is a model that draws, at a price."""
    return [each for each in recipes().values() if each.kind == "text" or _can_draw()]


def check_recipe(chosen: Recipe) -> None:
    """Refuses pictures where there are none."""
    if chosen.kind == "picture":
        quotes.picture_price()


class Choice(NamedTuple):
    """A model, and what it can cost at most."""

    model: str
    total_credits: int


def choices(current: Round, *, people: int, known: memory.Known | None = None) -> list[Choice]:
    """The models to choose from for what comes next, the default first.

    Where there is but one, there is no choice. Each remembers as much as fits it, and that costs.
    """
    try:
        offered = quotes.prices_offered()
    except pricing.NoPrice:
        return []
    if len(offered) == 1:
        return []
    is_text = current.kept_recipe.kind == "text"
    recipe = current.kept_recipe if is_text else recipes()[DEFAULT_SLUG]
    return [_choice(price, recipe, current, people=people, known=known) for price in offered]


def chosen_model(asked: str | None) -> str | None:
    """What to keep with a round: None is the default that is in force when it starts.

    Refuses a model that isn't named, or has no price.
    """
    if not asked:
        return None
    if asked not in current_settings().openai_models:
        message = _("This model can't be chosen here. Choose one of those on the page.")
        raise BadModel(message)
    return pricing.current_price(asked).model


def _choice(
    price: ModelPrice, recipe: Recipe, current: Round, *, people: int, known: memory.Known | None
) -> Choice:
    tokens = memory.after(current, model=price.model, known=known).tokens
    total = quotes.ceiling(price, recipe, people=people, context_tokens=tokens)
    return Choice(price.model, total)


def _can_draw() -> bool:
    try:
        quotes.picture_price()
    except pricing.NoPrice:
        return False
    return True
