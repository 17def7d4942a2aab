"""What a preview shows, and what its file is called."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

# A drawing that looks different has another number, so that none of before is shown.
VERSION = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn, so that two pictures of the same are the same file."""

    title: str
    opening: str
    recipe: str
    # What can be said in Latin letters of everything.
    byline: str
    people: tuple[tuple[str, int], ...]
    # What the round itself drew, by its name, where it ended in a picture.
    art: str | None = None

    @property
    def digest(self) -> str:
        """What the file is called."""
        content = json.dumps([VERSION, asdict(self)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:32]
