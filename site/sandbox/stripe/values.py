"""Reading what was sent into Python values, with Stripe's words for each refusal.

A form arrives as strings and nested dicts of them; lists are dicts with numbers for keys.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from . import errors
from .metadata import Metadata

Sent = str | dict[str, Any]

# https://docs.stripe.com/api/metadata
METADATA_KEYS_MAX = 50
METADATA_KEY_CHARACTERS_MAX = 40
METADATA_VALUE_CHARACTERS_MAX = 500
TEXT_CHARACTERS_MAX = 5_000


class Shape(Protocol):
    def takes(self, sent: Sent) -> bool:
        """Whether `sent` looks like this shape; reading may still find it wrong."""

    def read(self, sent: Sent, path: str) -> Any:
        """The value of `sent`, or a `StripeError` naming `path`."""


class Scalar:
    def takes(self, sent: Sent) -> bool:
        return isinstance(sent, str)

    def word(self, sent: Sent, path: str, kind: str) -> str:
        if not isinstance(sent, str):
            raise errors.invalid_value(path, f"Invalid {kind}: {sent}")
        if not sent:
            raise errors.empty_parameter(path)
        return sent


@dataclass(frozen=True)
class Text(Scalar):
    choices: tuple[str, ...] = ()

    def takes(self, sent: Sent) -> bool:
        return sent in self.choices if self.choices else isinstance(sent, str)

    def read(self, sent: Sent, path: str) -> str:
        word = self.word(sent, path, "string")
        if self.choices and word not in self.choices:
            raise errors.invalid_value(path, f"Invalid {path}: must be one of {self.listed()}")
        if len(word) > TEXT_CHARACTERS_MAX:
            message = f"Invalid string: must be at most {TEXT_CHARACTERS_MAX} characters"
            raise errors.invalid_value(path, message)
        return word

    def listed(self) -> str:
        *most, last = self.choices
        if not most:
            return last
        comma = "," if len(most) > 1 else ""
        return f"{', '.join(most)}{comma} or {last}"


class Whole(Scalar):
    def read(self, sent: Sent, path: str) -> int:
        word = self.word(sent, path, "integer")
        digits = word.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(2**63)):
            raise errors.invalid_integer(path, f"Invalid integer: {word}")
        return int(word)


class Number(Scalar):
    def read(self, sent: Sent, path: str) -> Decimal:
        word = self.word(sent, path, "decimal")
        try:
            number = Decimal(word)
        except InvalidOperation:
            raise errors.invalid_value(path, f"Invalid decimal: {word}") from None
        if not number.is_finite():
            raise errors.invalid_value(path, f"Invalid decimal: {word}")
        return number


class Flag(Scalar):
    def read(self, sent: Sent, path: str) -> bool:
        word = self.word(sent, path, "boolean")
        if word not in ("true", "false"):
            raise errors.invalid_value(path, f"Invalid boolean: {word}")
        return word == "true"


class Nested:
    def takes(self, sent: Sent) -> bool:
        return isinstance(sent, dict)

    def table(self, sent: Sent, path: str, kind: str) -> dict[str, Any]:
        if not isinstance(sent, dict):
            raise errors.invalid_value(path, f"Invalid {kind}")
        return sent


@dataclass(frozen=True)
class Hash(Nested):
    fields: dict[str, Shape]
    required: frozenset[str]

    def read(self, sent: Sent, path: str = "") -> dict[str, Any]:
        table = self.table(sent, path, "object")
        unknown = [_inside(path, name) for name in table if name not in self.fields]
        if unknown:
            raise errors.unknown_parameters(unknown)
        values = {n: self.fields[n].read(value, _inside(path, n)) for n, value in table.items()}
        for name in self.fields:
            if name in self.required and name not in table:
                raise errors.missing_parameter(_inside(path, name))
        return values


@dataclass(frozen=True)
class Many(Nested):
    item: Shape

    def read(self, sent: Sent, path: str) -> list[Any]:
        table = self.table(sent, path, "array")
        if not all(key.isascii() and key.isdigit() for key in table):
            raise errors.invalid_value(path, "Invalid array")
        return [self.item.read(table[k], _inside(path, k)) for k in sorted(table, key=int)]


@dataclass(frozen=True)
class Keyed(Nested):
    """Hashes of one shape under keys that the client chooses, such as currencies."""

    item: Shape

    def read(self, sent: Sent, path: str) -> dict[str, Any]:
        table = self.table(sent, path, "object")
        return {key: self.item.read(value, _inside(path, key)) for key, value in table.items()}


class Pairs(Nested):
    def read(self, sent: Sent, path: str) -> Metadata:
        table = self.table(sent, path, "object")
        if len(table) > METADATA_KEYS_MAX:
            message = f"Metadata can have up to {METADATA_KEYS_MAX} keys, but you passed in more."
            raise errors.invalid_value(path, message)
        for key, value in table.items():
            self._check("keys", key, METADATA_KEY_CHARACTERS_MAX, path)
            self._check("values", value, METADATA_VALUE_CHARACTERS_MAX, _inside(path, key))
        return Metadata(table)

    def _check(self, what: str, text: Sent, limit: int, path: str) -> None:
        if not isinstance(text, str):
            raise errors.invalid_value(path, "Metadata values must be strings.")
        if len(text) > limit:
            message = (
                f"Metadata {what} can have up to {limit} characters, "
                f"but you passed in one that is {len(text)} characters."
            )
            raise errors.invalid_value(path, message)


@dataclass(frozen=True)
class Either:
    options: tuple[Shape, ...]

    def takes(self, sent: Sent) -> bool:
        return any(option.takes(sent) for option in self.options)

    def read(self, sent: Sent, path: str) -> Any:
        fitting = [option for option in self.options if option.takes(sent)]
        return (fitting or self.options)[0].read(sent, path)


@dataclass(frozen=True)
class Unsettable:
    """An empty string means 'unset'."""

    shape: Shape

    def takes(self, sent: Sent) -> bool:
        return sent == "" or self.shape.takes(sent)

    def read(self, sent: Sent, path: str) -> Any:
        return None if sent == "" else self.shape.read(sent, path)


def _inside(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
