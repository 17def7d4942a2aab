"""What a round can cost at most, said before anybody commits to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from potluck.credits import pricing
from potluck.credits.models import ModelPrice
from potluck.rooms import prompts
from potluck.rooms.models import Round
from potluck.rooms.recipes import DEFAULT_SLUG, Recipe, recipe
from potluck.settings import current_settings
from potluck.texts import gettext as _

# Recipes by so many people; more than an installation has, so that older ones of rooms fit too.
WIDEST_KEPT = 1_024


@dataclass(frozen=True, slots=True)
class Quote:
    """The ceiling of a round in credits, and each one's part when `people` add a line.

    `before` is the part of the total that is for what the room remembers.
    """

    total: int
    each: int
    people: int
    before: int = 0


def quote(
    chosen: Recipe, *, people: int, context_tokens: int = 0, model: str | None = None
) -> Quote:
    """The ceiling with so many people; raises `NoPrice` where no model can be used.

    A picture is made of this round's lines alone, whatever came before.
    """
    price = price_for(chosen, model)
    before = 0 if chosen.kind == "picture" else context_tokens
    alone = ceiling(price, chosen, people=people)
    total = ceiling(price, chosen, people=people, context_tokens=before)
    return Quote(total=total, each=-(-total // people), people=people, before=total - alone)


def quote_or_none(*, people: int = 1) -> Quote | None:
    """The ceiling of a first round, or None where no model can be used."""
    try:
        return quote(recipe(DEFAULT_SLUG), people=people)
    except pricing.NoPrice:
        return None


def rounds_for(credits: int) -> int:
    """How many first rounds so many credits pay for, alone and at the ceiling; 0 where unknown."""
    ceiling_of_one = quote_or_none()
    return credits // ceiling_of_one.total if ceiling_of_one else 0


def quote_of(round_: Round, *, people: int) -> Quote:
    """The ceiling of a round with so many people; raises `NoPrice`."""
    return quote(
        round_.kept_recipe,
        people=people,
        context_tokens=round_.context_tokens,
        model=round_.model,
    )


def quote_of_or_none(round_: Round, *, people: int) -> Quote | None:
    """The same, or None where no model can be used."""
    try:
        return quote_of(round_, people=people)
    except pricing.NoPrice:
        return None


def ceiling(price: ModelPrice, chosen: Recipe, *, people: int, context_tokens: int = 0) -> int:
    """The dearest outcome: the longest lines, all that is remembered, all that may be written."""
    return pricing.cost_credits(
        price,
        input_tokens=_widest_tokens(chosen, people) + context_tokens,
        output_tokens=chosen.output_tokens_max,
    )


def price_for(chosen: Recipe, model: str | None = None) -> ModelPrice:
    """What such a round goes by: pictures are drawn by a model of their own; raises `NoPrice`."""
    return picture_price() if chosen.kind == "picture" else price_in_force(model)


def picture_price() -> ModelPrice:
    """The price of the model that draws; raises `NoPrice`."""
    model = current_settings().openai_image_model
    if not model:
        message = _("No model that draws is set up here, so there are no pictures.")
        raise pricing.NoPrice(message, code="no_model")
    return pricing.current_price(model)


def price_in_force(model: str | None = None) -> ModelPrice:
    """The price of this model if it is offered, or else of the default; raises `NoPrice`.

    What was chosen for a round may have been taken away since: the round goes on.
    """
    offered = prices_offered()
    return next((price for price in offered if price.model == model), offered[0])


def prices_offered() -> list[ModelPrice]:
    """Those of the models that can be used, the default first; raises `NoPrice`."""
    models = current_settings().openai_models
    if not models:
        message = _("No model is set up here yet, so no round can start.")
        raise pricing.NoPrice(message, code="no_model")
    prices = pricing.current_prices(models)
    return [prices[model] for model in models if model in prices] or [
        pricing.current_price(models[0])
    ]


@lru_cache(WIDEST_KEPT)
def _widest_tokens(chosen: Recipe, people: int) -> int:
    """Of a recipe's words and limits alone, which don't change: a page asks for a dozen."""
    return pricing.input_tokens_max(prompts.widest_messages(chosen, people))
