"""Ways back: where somebody goes on who was led away, to sign in or to pay. Never another site."""

from __future__ import annotations

CHARACTERS_MAX = 200


def safe_way(target: str | None) -> str | None:
    """The path if it is one of ours, and None for a link that leads people elsewhere."""
    if not target or len(target) > CHARACTERS_MAX or not target.isprintable():
        return None
    leads_elsewhere = not target.startswith("/") or target.startswith(("//", "/\\"))
    return None if leads_elsewhere else target
