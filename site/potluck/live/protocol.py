"""What may be said over a socket. `docs/protocol.md` tells the same to those who write clients."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from potluck.refusals import Refusal

Shape = TypeVar("Shape", bound=BaseModel)


class BadPayload(Refusal):
    """A payload of another shape than the protocol's."""

    code = "bad_payload"


class Nothing(BaseModel):
    """Events that need no payload take none, or an empty one."""

    model_config = ConfigDict(extra="forbid", strict=True)


class EnterRoom(BaseModel):
    """`last_seq` is the number of the last delta that the client has shown."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: Annotated[str, Field(min_length=1, max_length=16)]
    last_seq: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0


def parse(shape: type[Shape], arguments: tuple[Any, ...]) -> Shape:
    """The event's one argument in its shape; raises `BadPayload`."""
    if len(arguments) > 1:
        message = "An event takes one argument at most."
        raise BadPayload(message)
    try:
        return shape.model_validate(arguments[0] if arguments and arguments[0] is not None else {})
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the payload"
        message = f"Something is wrong with {where}: see the protocol."
        raise BadPayload(message) from None


def refused(code: str, message: str) -> dict[str, Any]:
    """An acknowledgement that says no."""
    return {"ok": False, "error": {"code": code, "message": message}}
