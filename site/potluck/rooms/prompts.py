"""What the model is told. Members' lines are quoted, so that a line stays a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from potluck.rooms.models import Contribution
from potluck.rooms.recipes import Recipe

NAME_CHARACTERS_MAX = 80
# Four bytes in UTF-8: no character of a line costs more.
WIDEST_CHARACTER = "\U0001f372"


def messages(recipe: Recipe, contributions: Sequence[Contribution]) -> list[dict[str, Any]]:
    """System and user message for a round's contributions."""
    lines = [(contribution.user.name, contribution.text) for contribution in contributions]
    return _messages(recipe, lines)


def widest_messages(recipe: Recipe, people: int) -> list[dict[str, Any]]:
    """As long as the messages can get with so many people: what the ceiling is made of."""
    name = WIDEST_CHARACTER * NAME_CHARACTERS_MAX
    line = WIDEST_CHARACTER * recipe.line_characters_max
    return _messages(recipe, [(name, line)] * people)


def _messages(recipe: Recipe, lines: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    quoted = "\n".join(f"{name}: {json.dumps(line, ensure_ascii=False)}" for name, line in lines)
    return [
        {"role": "system", "content": " ".join(recipe.instructions.split())},
        {"role": "user", "content": f"{quoted}\n\n{recipe.task}"},
    ]
