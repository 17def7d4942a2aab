"""A sheet is called what the model called it, or by its first words."""

from __future__ import annotations

import pytest

from potluck.rooms import sheet_text


@pytest.mark.parametrize(
    ("text", "title", "opening"),
    [
        ("# The Frog\n\nOnce.", "The Frog", "Once."),
        ("**The Frog**\nOnce.", "The Frog", "Once."),
        ("\n\nThere was a frog. It sang.\n\nAll night.", "There was a frog", "It sang. All night."),
        ("Why is 3.5 more? Because.", "Why is 3.5 more?", "Because."),
        (f"{'frog ' * 16}sang.", f"{'frog ' * 13}frog…", "…frog frog sang."),
        ("蛙が歌う。", "蛙が歌う。", ""),
    ],
)
def test_its_title_and_how_it_goes_on(text: str, title: str, opening: str) -> None:
    assert sheet_text.title(text) == title
    assert sheet_text.opening(text) == opening


def test_its_heading_is_its_title_and_not_said_twice() -> None:
    assert sheet_text.html("# The Frog\n\nOnce.\n\nTwice.") == "<p>Once.</p>\n<p>Twice.</p>\n"


def test_nothing_that_a_model_writes_is_markup() -> None:
    assert "<script>" not in sheet_text.html("Once <script>alert(1)</script> there was a frog.")


@pytest.mark.parametrize("text", ["", "# ", "**", "…", "#\n#\n#", "x" * 10_000, "\u202e<b>"])
def test_whatever_is_written_it_has_a_page(text: str) -> None:
    assert len(sheet_text.title(text)) <= sheet_text.TITLE_CHARACTERS_MAX
    assert len(sheet_text.opening(text)) <= sheet_text.OPENING_CHARACTERS_MAX
    assert sheet_text.html(text) is not None
