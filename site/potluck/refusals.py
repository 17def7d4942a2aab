"""What a user can cause: said in a sentence to people, by a stable code to clients."""

from __future__ import annotations


class Refusal(Exception):
    """Something asked for that can't be done, and why. Nothing was changed."""

    status = 409
    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.status = status or self.status
