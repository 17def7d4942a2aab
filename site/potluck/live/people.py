"""Who a connection is counted as. What a client says of itself counts here and nowhere else."""

from __future__ import annotations

import hashlib
import re

from potluck.live.admission import Holder

VISITOR = re.compile(r"[0-9a-f]{1,32}", re.ASCII)
DIGEST_CHARACTERS = 32


def person(holder: Holder | None, *, auth: object, address: str | None, sid: str) -> str:
    """A member is one person whatever they opened, and so is a stranger's browser.

    A stranger's page makes up an id and keeps it. It may say what it likes: together with the
    address it decides whether two connections are counted as two people, and nothing else.
    """
    if holder and holder.user_id is not None:
        return f"user:{holder.user_id}"
    visitor = auth.get("visitor") if isinstance(auth, dict) else None
    if isinstance(visitor, str) and VISITOR.fullmatch(visitor):
        # Nobody's address is kept: the rows need to tell people apart, and no more.
        digest = hashlib.sha256(f"{address} {visitor}".encode()).hexdigest()
        return f"visitor:{digest[:DIGEST_CHARACTERS]}"
    return f"session:{holder.session_id}" if holder else f"socket:{sid}"
