"""The two answers that most kinds of objects give alike: one of them, or a page of them."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request

from .api import answer_reading
from .listing import equalities, page
from .store import Condition, Store

Filters = Callable[[Store, dict[str, Any]], Iterable[Condition]]


def equal_fields(_store: Store, params: dict[str, Any]) -> Iterable[Condition]:
    return equalities(params)


def retrieved(params_type: type, kind: str, object_id: str) -> Response:
    return answer_reading(params_type, lambda store, _params: store.load(kind, object_id))


def listed(params_type: type, kind: str, filters: Filters = equal_fields) -> Response:
    return answer_reading(
        params_type,
        lambda store, params: (
            page(store, kind, params, filters(store, params)) | {"url": request.path}
        ),
    )
