"""From a request to the parameters of one endpoint."""

import re
from collections.abc import Iterable
from typing import Any

from flask import request

from .errors import StripeError
from .shapes import shape_of
from .values import Sent

NESTING_MAX = 10


def parameters_of(params: type) -> dict[str, Any]:
    """What the current request sent, read by the SDK's typed `params`."""
    source = request.form if request.method == "POST" else request.args
    return shape_of(params).read(decode(source.items(multi=True)))


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Sent]:
    """Nested dicts from names such as `line_items[0][quantity]` and `expand[]`."""
    decoded: dict[str, Any] = {}
    for name, value in pairs:
        *parents, last = _steps(name)
        target = decoded
        for parent in parents:
            target = target.setdefault(_key(target, parent), {})
            if not isinstance(target, dict):
                raise StripeError(f"Invalid parameter name: {name}", param=name)
        target[_key(target, last)] = value
    return decoded


def _steps(name: str) -> list[str]:
    match = re.fullmatch(r"([^\[\]]+)((?:\[[^\[\]]*\])*)", name)
    steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else []
    if not 0 < len(steps) <= NESTING_MAX:
        raise StripeError(f"Invalid parameter name: {name}", param=name)
    return steps


def _key(target: dict[str, Any], step: str) -> str:
    return step or str(len(target))
