"""Lists, page by page, newest first.

https://docs.stripe.com/api/pagination
"""

from collections.abc import Iterable, Iterator
from typing import Any

from . import errors
from .store import Body, Condition, Store, where

LIMIT_DEFAULT = 10
LIMIT_MAX = 100
PAGING = frozenset({"created", "ending_before", "expand", "limit", "starting_after"})
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page(
    store: Store,
    kind: str,
    params: dict[str, Any],
    conditions: Iterable[Condition] = (),
    *,
    oldest_first: bool = False,
) -> Body:
    """A list object of what `params` and `conditions` ask for, without its URL."""
    limit = _limit(params)
    wanted = [*conditions, *_created(params)]
    before = params.get("ending_before")
    if before and "starting_after" in params:
        message = "You may only specify one of these parameters: ending_before, starting_after."
        raise errors.invalid_value("ending_before", message)
    # A page that ends before an object is read from there backwards, then turned round.
    rising = oldest_first != bool(before)
    if cursor := before or params.get("starting_after"):
        name = "ending_before" if before else "starting_after"
        seq = store.position(kind, cursor)
        if seq is None:
            raise errors.no_such(kind, cursor, param=name)
        wanted.append(Condition("seq > ?" if rising else "seq < ?", (seq,)))
    found = store.select(kind, wanted, oldest_first=rising, limit=limit + 1)
    data = found[:limit]
    if before:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(found) > limit}


def equalities(params: dict[str, Any], prefix: str = "") -> Iterator[Condition]:
    """Filters named like the fields they compare."""
    for name, value in params.items():
        if name in PAGING and not prefix:
            continue
        if isinstance(value, dict):
            yield from equalities(value, f"{prefix}{name}.")
        else:
            yield where(f"{prefix}{name}", "=", value)


def _limit(params: dict[str, Any]) -> int:
    limit: int = params.get("limit", LIMIT_DEFAULT)
    if not 1 <= limit <= LIMIT_MAX:
        bound = "greater than or equal to 1" if limit < 1 else f"less than or equal to {LIMIT_MAX}"
        message = f"This value must be {bound} (it currently is '{limit}')."
        raise errors.invalid_integer("limit", message)
    return limit


def _created(params: dict[str, Any]) -> Iterator[Condition]:
    created = params.get("created", {})
    bounds = created if isinstance(created, dict) else {"gte": created, "lte": created}
    for name, value in bounds.items():
        yield where("created", COMPARISONS[name], value)
