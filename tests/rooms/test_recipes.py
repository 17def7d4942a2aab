"""Recipes are files: ours, and an operator's beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from potluck.database import db
from potluck.rooms import recipes
from potluck.settings import SettingsError
from tests.rooms.conftest import Seats
from tests.stack import CONFIGURATION, ROOT

SHIPPED = {"story", "verdict", "plan", "explain", "names", "roast", "quiz", "chat", "picture"}
HAIKU = """
title = "A haiku"
question = "One image for the haiku."
example = "Rain on a tin roof."
line_characters_max = 120
output_tokens_max = 80
task = "Write the haiku."
instructions = "You write one haiku of seventeen syllables for a group of friends."
"""


def test_nine_recipes_come_with_the_app_and_a_story_is_the_first() -> None:
    found = recipes.find(recipes.SHIPPED)
    assert set(found) == SHIPPED
    assert next(iter(found)) == "story"
    for each in found.values():
        assert len(each.recipe.example) <= each.recipe.line_characters_max


def test_an_operators_recipe_stands_beside_ours_and_one_of_the_same_name_replaces_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "haiku.toml").write_text(HAIKU)
    (tmp_path / "roast.toml").write_text(HAIKU)
    (tmp_path / "notes.txt").write_text("Not a recipe.")
    found = recipes.find(recipes.SHIPPED, tmp_path)
    assert set(found) == SHIPPED | {"haiku"}
    assert next(iter(found)) == "story"
    assert found["roast"].recipe.title == "A haiku"
    assert found["roast"].path == tmp_path / "roast.toml"


def test_a_folder_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    assert set(recipes.find(recipes.SHIPPED, tmp_path / "recipes")) == SHIPPED


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("haiku", 'title = "A haiku"', "", ("title is missing", "up to 60 characters")),
        ("haiku", "A haiku", "", ("title is wrong", "up to 60 characters")),
        ("haiku", "task", "tusk", ("task is missing", "tusk is no key of a recipe")),
        ("haiku", "= 80", "= 0", ("output_tokens_max is wrong", "from 1 to 4,000")),
        ("haiku", "= 80", '= "80"', ("output_tokens_max is wrong", "a whole number")),
        ("haiku", "= 120", "= 281", ("line_characters_max is wrong", "from 1 to 280")),
        ("haiku", "= 120", "= 5", ("example", "fit into a line")),
        ("haiku", "= 80", "= ", ("can't be read", "line 6")),
        ("haiku", "title", 'slug = "x"\ntitle', ("slug is the file's own name",)),
        ("Haiku 2", "", "", ("small letters, digits and dashes", "Rename it")),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_key_and_how_to_mend_it(
    tmp_path: Path, name: str, before: str, after: str, words: tuple[str, ...]
) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_text(HAIKU.replace(before, after, 1))
    with pytest.raises(SettingsError) as refusal:
        recipes.find(recipes.SHIPPED, tmp_path)
    said = str(refusal.value)
    assert all(line.startswith(str(path)) for line in said.splitlines())
    assert all(each in said for each in words), said


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "haiku.toml").write_bytes(b"title = \xff")
    with pytest.raises(SettingsError, match=r"haiku\.toml can't be read"):
        recipes.find(recipes.SHIPPED, tmp_path)


def test_a_wrong_file_stops_the_start_and_once_mended_flask_recipes_lists_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    path = folder / "haiku.toml"
    path.write_text(HAIKU.replace("title", "tittle"))
    refused = flask(tmp_path, "recipes")
    assert refused.returncode == 1
    assert f"Potluck can't start:\n{path}: title is missing." in refused.stderr
    assert "Traceback" not in refused.stderr
    path.write_text(HAIKU)
    listed = flask(tmp_path, "recipes")
    assert listed.returncode == 0, listed.stderr
    assert all(f"{slug} " in listed.stdout for slug in SHIPPED - {"picture"})
    assert "lines of 120 characters, 80 tokens to write" in listed.stdout
    assert str(path) in listed.stdout


def test_the_first_round_can_become_something_else_until_somebody_adds_a_line(
    seats: Seats,
) -> None:
    ada, ben = seats.browsers
    page = ada.get(seats.path).get_data(as_text=True)
    assert all(f'value="{slug}"' in page for slug in SHIPPED - {"picture"})
    assert seats.send(ada, "recipe", recipe="quiz").status_code == 303
    assert "Round 1: A quiz" in ben.get(seats.path).get_data(as_text=True)
    assert seats.send(ada, "recipe", recipe="poison").status_code == 422
    seats.send(ben, "contribution", line="The French Revolution.")
    assert seats.send(ada, "recipe", recipe="story").status_code == 409
    assert seats.table.round.recipe == "quiz"


def test_a_round_is_finished_as_it_was_opened_and_keeps_its_title_without_the_file(
    seats: Seats, tmp_path: Path
) -> None:
    ada, ben = seats.browsers
    extensions = seats.table.app.extensions
    before = extensions[recipes.EXTENSION]
    (tmp_path / "haiku.toml").write_text(HAIKU)
    extensions[recipes.EXTENSION] = recipes.find(recipes.SHIPPED, tmp_path)
    try:
        assert seats.send(ada, "recipe", recipe="haiku").status_code == 303
    finally:
        # The operator takes the file away, and starts again.
        extensions[recipes.EXTENSION] = before
    for phase in ("collecting", "done"):
        for browser in seats.browsers:
            answer = browser.get(seats.path)
            assert answer.status_code == 200
            assert "Round 1: A haiku" in answer.get_data(as_text=True)
        if phase == "collecting":
            assert seats.send(ada, "contribution", line="x" * 121).status_code == 422
            seats.add_lines()
            order = seats.table.write().generation
            assert order
            assert order.output_tokens_max == 80
            assert order.messages[-1]["content"].endswith("Write the haiku.")
    assert seats.send(ben, "rounds", recipe="haiku").status_code == 422
    assert seats.send(ben, "rounds", recipe="chat").status_code == 303
    assert "Just talk" in ada.get(seats.path).get_data(as_text=True)


def test_a_round_from_before_recipes_were_kept_is_shown(seats: Seats) -> None:
    seats.table.round.recipe_terms = None
    db.session.commit()
    answer = seats.browsers[0].get(seats.path)
    assert answer.status_code == 200
    assert "Round 1: A story" in answer.get_data(as_text=True)


def flask(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What an operator would type, while the database is away."""
    env = {**os.environ, **dict.fromkeys(CONFIGURATION, ""), "POTLUCK_VAR": str(var)}
    env["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/nothing"
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
