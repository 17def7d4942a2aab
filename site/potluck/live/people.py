"""Who a connection is counted as. What a client says of itself counts here and nowhere else."""

from __future__ import annotations

import hashlib
import re

from potluck.accounts.sessions import FoundSession

VISITOR = re.compile(r"[0-9a-f]{1,32}", re.ASCII)
DIGEST_CHARACTERS = 32


def person(found: FoundSession | None, *, auth: object, address: str | None, sid: str) -> str:
    """A member is one person whatever they opened, and so is a stranger's browser.

    A stranger's page makes up an id and keeps it. It may say what it likes: together with the
    address it decides whether two connections are counted as two people, and nothing else.
    """
    if found and found.user:
        return f"user:{found.user.id}"
    visitor = auth.get("visitor") if isinstance(auth, dict) else None
    if isinstance(visitor, str) and VISITOR.fullmatch(visitor):
        # Nobody's address is kept: the rows need to tell people apart, and no more.
        digest = hashlib.sha256(f"{address} {visitor}".encode()).hexdigest()
        return f"visitor:{digest[:DIGEST_CHARACTERS]}"
    return f"session:{found.id}" if found else f"socket:{sid}"
