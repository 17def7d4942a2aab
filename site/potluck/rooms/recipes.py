"""What a room can make: each recipe is a file in `recipes/`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from potluck.refusals import Refusal

FOLDER = Path(__file__).parent / "recipes"
DEFAULT_SLUG = "story"


class Recipe(BaseModel):
    """One thing to make together.

    The model gets the instructions, then the lines, then the task; members see the question.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str
    kind: Literal["text", "picture"] = "text"
    title: str
    question: str
    example: str
    instructions: str
    task: str
    # The column that keeps a line is as wide.
    line_characters_max: int = Field(ge=1, le=280)
    output_tokens_max: int = Field(ge=1, le=4_000)


@cache
def recipes() -> dict[str, Recipe]:
    """Every recipe by its slug, the default one first."""
    found = {
        path.stem: Recipe(slug=path.stem, **tomllib.loads(path.read_text()))
        for path in sorted(FOLDER.glob("*.toml"))
    }
    return {DEFAULT_SLUG: found.pop(DEFAULT_SLUG), **found}


def recipe(slug: str) -> Recipe:
    """The recipe; refuses a name that nobody offered."""
    try:
        return recipes()[slug]
    except KeyError:
        message = "There is no such recipe. Choose one of those on the page."
        raise Refusal(message, code="unknown_recipe", status=422) from None
