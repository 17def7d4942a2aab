"""Replacing ids by the objects they name, where the request asks for it.

https://docs.stripe.com/api/expanding_objects
"""

from typing import Any

from . import errors
from .listing import LIMIT_DEFAULT
from .store import Body, Store, under

LEVELS_MAX = 4

# Lists that hang under an object and appear in it only on request.
LISTS = {
    ("checkout.session", "line_items"): ("item", "/v1/checkout/sessions/{id}/line_items"),
    ("charge", "refunds"): ("refund", "/v1/charges/{id}/refunds"),
}


def expand(store: Store, body: Body, paths: list[str]) -> Body:
    for path in paths:
        steps = path.split(".")
        if len(steps) > LEVELS_MAX:
            message = f"You cannot expand more than {LEVELS_MAX} levels of a property. ({path})"
            raise errors.invalid_value("expand", message)
        _expand(store, body, steps, path)
    return body


def _expand(store: Store, target: Any, steps: list[str], path: str) -> None:
    if not steps or target is None:
        return
    if isinstance(target, list):
        for element in target:
            _expand(store, element, steps, path)
        return
    step, *rest = steps
    if hanging := LISTS.get((target.get("object"), step)):
        kind, url = hanging
        target.setdefault(step, _list(store, kind, target["id"], url))
    if step not in target:
        raise errors.invalid_value("expand", f"This property cannot be expanded ({path}).")
    if isinstance(target[step], str):
        expanded = store.load_any(target[step])
        if expanded is None:
            raise errors.invalid_value("expand", f"This property cannot be expanded ({path}).")
        target[step] = expanded
    _expand(store, target[step], rest, path)


def _list(store: Store, kind: str, parent: str, url: str) -> Body:
    found = store.select(
        kind, [under(parent)], oldest_first=kind == "item", limit=LIMIT_DEFAULT + 1
    )
    return {
        "object": "list",
        "data": found[:LIMIT_DEFAULT],
        "has_more": len(found) > LIMIT_DEFAULT,
        "url": url.format(id=parent),
    }
