"""What a room can make. Each recipe is a file: ours are in `recipes/`, an operator's in `var/`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from flask import Flask, current_app
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from potluck.refusals import Refusal
from potluck.settings import Settings, SettingsError
from potluck.texts import gettext as _

SHIPPED = Path(__file__).parent / "recipes"
# In the folder that POTLUCK_VAR names.
OPERATORS = "recipes"
DEFAULT_SLUG = "story"
SLUG = re.compile(r"[a-z][a-z0-9-]{0,30}")
EXTENSION = "recipes"


class Recipe(BaseModel):
    """One thing to make together.

    The model gets the instructions, then the lines, then the task; members see the title, the
    question and the example. What a key holds is said to whoever mends a file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)

    slug: str
    kind: Literal["text", "picture"] = Field(
        default="text", description="text, or picture where a model that draws is set up"
    )
    title: str = Field(min_length=1, max_length=60, description="its name, up to 60 characters")
    question: str = Field(
        min_length=1, max_length=160, description="what members are asked, up to 160 characters"
    )
    example: str = Field(min_length=1, max_length=280, description="a line that somebody could add")
    instructions: str = Field(
        min_length=1, max_length=2_000, description="what the model is told, up to 2,000 characters"
    )
    task: str = Field(
        min_length=1,
        max_length=300,
        description="what the model is asked after the lines, up to 300 characters",
    )
    # The column that keeps a line is as wide.
    line_characters_max: int = Field(
        ge=1, le=280, description="how long a line may be, a whole number from 1 to 280"
    )
    output_tokens_max: int = Field(
        ge=1, le=4_000, description="how much the model may write, a whole number from 1 to 4,000"
    )

    @field_validator("title", "question", "example", "instructions", "task")
    @classmethod
    def _in_one_line(cls, text: str) -> str:
        return " ".join(text.split())

    @model_validator(mode="after")
    def _has_an_example_that_fits(self) -> Self:
        if len(self.example) > self.line_characters_max:
            message = "example must fit into a line: shorten it, or raise line_characters_max"
            raise ValueError(message)
        return self

    @property
    def terms(self) -> dict[str, Any]:
        """All of it but its name, for a round to keep."""
        return self.model_dump(exclude={"slug"})


class Found(NamedTuple):
    """A recipe, and the file that it came from."""

    recipe: Recipe
    path: Path


def init_app(app: Flask, settings: Settings) -> None:
    """Reads every recipe; raises `SettingsError` where a file is wrong."""
    app.extensions[EXTENSION] = find(SHIPPED, settings.potluck_var / OPERATORS)


def find(*folders: Path) -> dict[str, Found]:
    """What these folders hold, the default first; a later folder's replaces an earlier one's."""
    files = [path for folder in folders for path in sorted(folder.glob("*.toml"))]
    by_slug = {path.stem: Found(_read(path), path) for path in files}
    return {DEFAULT_SLUG: by_slug.pop(DEFAULT_SLUG), **by_slug}


def found() -> dict[str, Found]:
    """Every recipe of this installation with its file, by slug."""
    all_of_them: dict[str, Found] = current_app.extensions[EXTENSION]
    return all_of_them


def recipes() -> dict[str, Recipe]:
    """Every recipe by its slug, the default one first."""
    return {slug: each.recipe for slug, each in found().items()}


def recipe(slug: str) -> Recipe:
    """The recipe; refuses a name that nobody offered."""
    try:
        return recipes()[slug]
    except KeyError:
        message = _("There is no such recipe. Choose one of those on the page.")
        raise Refusal(message, code="unknown_recipe", status=422) from None


def kept(slug: str, terms: Mapping[str, Any] | None) -> Recipe:
    """The recipe as a round kept it, whatever has become of its file.

    It was right when it was kept, and an older version of the app may have kept it.
    """
    return Recipe.model_construct(slug=slug, **terms) if terms else recipe(slug)


def _read(path: Path) -> Recipe:
    if not SLUG.fullmatch(path.stem):
        message = (
            f"{path}: a recipe's file is named with small letters, digits and dashes, like "
            "pub-quiz.toml. Rename it."
        )
        raise SettingsError(message)
    try:
        return Recipe(slug=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise SettingsError("\n".join(f"{path}: {line}" for line in _complaints(error))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        message = f"{path} can't be read ({error}). Mend it, or take the file away."
        raise SettingsError(message) from None
    except TypeError:
        message = f"{path}: slug is the file's own name. Take the line away."
        raise SettingsError(message) from None


def _complaints(error: ValidationError) -> list[str]:
    """A sentence for each key that is wrong, and what belongs there."""
    sentences = []
    for fault in error.errors(include_url=False):
        if not fault["loc"]:
            sentences.append(f"{fault['msg'].removeprefix('Value error, ')}.")
            continue
        key = str(fault["loc"][0])
        field = Recipe.model_fields.get(key)
        if field is None:
            keys = ", ".join(name for name in Recipe.model_fields if name != "slug")
            sentences.append(f"{key} is no key of a recipe. Take it away; those are {keys}.")
        elif fault["type"] == "missing":
            sentences.append(f"{key} is missing. Add it: {field.description}.")
        else:
            sentences.append(f"{key} is wrong ({fault['msg']}). It is {field.description}.")
    return sentences
