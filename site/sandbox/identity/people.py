"""Who there is to be."""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    subject: str
    name: str
    email: str

    @property
    def claims(self) -> dict[str, object]:
        """As OpenID Connect names them (Core 1.0, section 5.1)."""
        return {"name": self.name, "email": self.email, "email_verified": True}


PEOPLE = (
    Person("ada", "Ada Okafor", "ada@example.com"),
    Person("ben", "Ben Castillo", "ben@example.com"),
    Person("chiyo", "Chiyo Tanaka", "chiyo@example.com"),
    Person("dara", "Dara Lindqvist", "dara@example.com"),
)
