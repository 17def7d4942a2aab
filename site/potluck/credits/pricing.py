"""What a call of a model costs, in whole credits, rounded up once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from flask import g, has_request_context
from sqlalchemy import select

from potluck.accounts import sessions
from potluck.credits.models import ModelPrice
from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

# What a chat template puts around each message, at most, in any model we know of.
TEMPLATE_TOKENS_PER_MESSAGE = 16
# What a template may say on its own, like a default system prompt.
TEMPLATE_TOKENS_PER_CALL = 64
TOKENS_PER_PRICE = 1_000_000
PRICE_CREDITS_MAX = 1_000_000_000
MODEL_CHARACTERS_MAX = 200
# The versions in force, of every model that has one.
NEWEST = """
    SELECT json_agg(newest) FROM (
        SELECT DISTINCT ON (model) id, model, input_credits_per_million, output_credits_per_million
        FROM model_prices ORDER BY model, id DESC
    ) newest
"""
_in_force: ContextVar[Sequence[dict[str, Any]] | None] = ContextVar("in_force", default=None)


class NoPrice(Refusal):
    """The model can't be used: nobody has said what it costs."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "no_price"


class BadPrice(Refusal):
    """A price that no round can be held for."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_price"


def current_price(model: str) -> ModelPrice:
    """The version in force; raises `NoPrice` where there is none."""
    price = current_prices((model,)).get(model)
    if price is None:
        message = _("This model has no price yet, so no round can start. The operator can set one.")
        raise NoPrice(message)
    return price


def current_prices(models: Sequence[str]) -> dict[str, ModelPrice]:
    """The versions in force of those that have one."""
    asked = tuple(models)
    known = _known_prices()
    if asked not in known:
        known[asked] = _current_prices(asked)
    return known[asked]


@contextmanager
def in_force(versions: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Has prices be read from these, as `NEWEST` finds them, and not once more."""
    token = _in_force.set(versions)
    try:
        yield
    finally:
        _in_force.reset(token)


def set_price(
    model: str, *, input_credits_per_million: int, output_credits_per_million: int
) -> bool:
    """Adds a version unless the price is the same already; says whether it did.

    Raises `BadPrice`. The caller commits.
    """
    is_named = 1 <= len(model) <= MODEL_CHARACTERS_MAX and model.isprintable()
    if not is_named or input_credits_per_million < 0 or output_credits_per_million < 1:
        message = (
            "A price has the model's name, nothing or more for what it reads, and at least a "
            "credit for a million tokens that it writes."
        )
        raise BadPrice(message)
    terms = (input_credits_per_million, output_credits_per_million)
    query = select(ModelPrice).filter_by(model=model).order_by(ModelPrice.id.desc()).limit(1)
    latest = db.session.scalar(query)
    if latest and terms == (latest.input_credits_per_million, latest.output_credits_per_million):
        return False
    _known_prices().clear()
    db.session.add(
        ModelPrice(
            model=model,
            input_credits_per_million=input_credits_per_million,
            output_credits_per_million=output_credits_per_million,
        )
    )
    return True


def cost_credits(price: ModelPrice, *, input_tokens: int, output_tokens: int) -> int:
    """The price of so many tokens, at least one credit."""
    total = (
        input_tokens * price.input_credits_per_million
        + output_tokens * price.output_credits_per_million
    )
    return max(1, -(-total // TOKENS_PER_PRICE))


def input_tokens_max(messages: Sequence[dict[str, Any]]) -> int:
    """An upper bound of what a call with these messages lets a model read."""
    return message_tokens_max(messages) + TEMPLATE_TOKENS_PER_CALL


def message_tokens_max(messages: Sequence[dict[str, Any]]) -> int:
    """An upper bound: a token of a byte-level vocabulary stands for at least one byte."""
    content_bytes = sum(len(message["content"].encode()) for message in messages)
    return content_bytes + TEMPLATE_TOKENS_PER_MESSAGE * len(messages)


def drained(parts: Mapping[int, int], total_credits: int, *, first: int = 0) -> dict[int, int]:
    """Takes a total from several parts alike, until some are used up; who gives what, by key.

    More of a total never takes less of anybody. The odd credits begin with the part at `first`.
    """
    assert 0 <= total_credits <= sum(parts.values())
    keys = sorted(parts)
    turn = first % len(keys) if keys else 0
    left = {key: parts[key] for key in keys[turn:] + keys[:turn] if parts[key]}
    taken = dict.fromkeys(left, 0)
    while total_credits:
        each = min(total_credits // len(left), *left.values()) if left else 0
        givers = list(left) if each else list(left)[:total_credits]
        for key in givers:
            taken[key] += max(each, 1)
            left[key] -= max(each, 1)
            total_credits -= max(each, 1)
        left = {key: rest for key, rest in left.items() if rest}
    return {key: amount for key, amount in taken.items() if amount}


def equal_shares(total_credits: int, people: int, *, first: int = 0) -> list[int]:
    """Splits to the credit; the odd credits go to those from position `first` on."""
    each, odd = divmod(total_credits, people)
    return [each + (1 if (position - first) % people < odd else 0) for position in range(people)]


def _known_prices() -> dict[tuple[str, ...], dict[str, ModelPrice]]:
    """What this request has read already: a page says what a dozen things would cost."""
    if not has_request_context() or _in_force.get() is not None:
        return {}
    if "prices" not in g:
        g.prices = {}
    known: dict[tuple[str, ...], dict[str, ModelPrice]] = g.prices
    return known


def _current_prices(models: Sequence[str]) -> dict[str, ModelPrice]:
    versions = _in_force.get()
    if versions is None:
        brought = sessions.brought()
        versions = brought["prices"] if brought is not None else _newest()
    return {each["model"]: ModelPrice(**each) for each in versions or () if each["model"] in models}


def _newest() -> list[dict[str, Any]] | None:
    row = db.first(NEWEST, {})
    return row[0] if row else None
