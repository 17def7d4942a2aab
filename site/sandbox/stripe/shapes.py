"""The parameters an endpoint knows, compiled from the SDK's own typed params.

Nothing is listed by hand: what the installed SDK can send is what the stand-in accepts, and
everything else is refused as Stripe refuses it.
"""

import functools
import types
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin

import typing_extensions
from stripe import RequestOptions, StripeObject

from .values import Either, Flag, Hash, Keyed, Many, Number, Pairs, Shape, Text, Unsettable, Whole

SCALARS: dict[Any, Shape] = {
    str: Text(),
    int: Whole(),
    bool: Flag(),
    float: Number(),
    Decimal: Number(),
}


@functools.cache
def shape_of(params: type) -> Hash:
    """The shape of a `TypedDict` of the SDK, without the options that travel as headers."""
    options = RequestOptions.__annotations__.keys()
    own = {name: h for name, h in params.__annotations__.items() if name not in options}
    # Evaluated as those of a plain class, since the options name types that are not there to see.
    carrier = type("Fields", (), {"__annotations__": own, "__module__": params.__module__})
    fields, required = {}, set()
    for name, hint in typing_extensions.get_type_hints(carrier, include_extras=True).items():
        origin: Any = get_origin(hint)
        if origin is typing_extensions.NotRequired:
            fields[name] = _compile(get_args(hint)[0])
        else:
            fields[name] = _compile(hint)
            required.add(name)
    return Hash(fields, frozenset(required))


def _compile(hint: Any) -> Shape:
    origin = get_origin(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if origin in (Union, types.UnionType, Literal):
        return _compile_union(get_args(hint) if origin is not Literal else (hint,))
    if origin is list:
        return Many(_compile(get_args(hint)[0]))
    if origin is dict:
        value = get_args(hint)[1]
        return Pairs() if value is str else Keyed(_compile(value))
    if typing_extensions.is_typeddict(hint):
        return shape_of(hint)
    message = f"The SDK has a kind of parameter unknown here: {hint!r}"
    raise TypeError(message)


def _compile_union(options: tuple[Any, ...]) -> Shape:
    words = [w for o in options if get_origin(o) is Literal for w in get_args(o)]
    choices = tuple(word for word in words if word)
    shapes: list[Shape] = [Text(choices)] if choices else []
    for option in options:
        if get_origin(option) is Literal or _is_response_type(option):
            continue
        # `str` beside a list of words only keeps the SDK's type open to words of later versions.
        if option is str and choices:
            continue
        shapes.append(_compile(option))
    shape = shapes[0] if len(shapes) == 1 else Either(tuple(shapes))
    return Unsettable(shape) if "" in words else shape


def _is_response_type(option: Any) -> bool:
    """Metadata may be passed on as it was received; over HTTP that looks like any other hash."""
    origin = get_origin(option)
    return isinstance(origin, type) and issubclass(origin, StripeObject)
