"""Metadata: the client's own keys and values on an object.

https://docs.stripe.com/api/metadata
"""

from typing import Any


class Metadata(dict[str, str]):
    """What was sent; a key sent with an empty value is to be unset and stands in `unset`."""

    def __init__(self, sent: dict[str, str]) -> None:
        super().__init__({key: value for key, value in sent.items() if value})
        self.unset = frozenset(sent) - frozenset(self)


def merged(kept: dict[str, str] | None, params: dict[str, Any]) -> dict[str, str]:
    """An object's metadata after an update: keys that were not sent stay as they are."""
    if "metadata" not in params:
        return kept or {}
    given: Metadata | None = params["metadata"]
    if given is None:
        return {}
    left = {key: value for key, value in (kept or {}).items() if key not in given.unset}
    return left | given
