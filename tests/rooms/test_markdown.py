"""What a model wrote is shown as text, whatever it wrote, and costs the page next to nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from potluck.rooms import markdown, markdown_parser, running
from potluck.rooms.markdown import MARKDOWN_CHARACTERS_MAX, rendered
from tests.figures import note
from tests.rooms.conftest import Seats

pytestmark = pytest.mark.fault("G9")

# Against a text of the same length that means no harm, on the same machine at the same time.
RATIO_MAX = 25
OUTPUT_RATIO_MAX = 10
ELEMENTS = set(
    "a blockquote br code div em h3 h4 h5 h6 hr li ol p pre s span strong table tbody td th thead "
    "tr ul".split()
)
ATTRIBUTES = {"href", "rel", "class", "start", "role", "aria-label", "tabindex"}
PROSE = "Once there was a frog who sang in a cellar. It was *very* wet.\n\n"
WIDE_TABLE = "|a" * 150 + "\n" + "|-" * 150 + "\n" + "|a\n" * 10_000
MANY_TABLES = ("|a" * 12 + "\n" + "|-" * 12 + "\n" + "|\n" * 100 + "\n") * 100
BOMBS = {
    "a word": "a",
    "brackets": "[",
    "brackets that begin links": "[a](",
    "pictures in pictures": "![",
    "stars": "*a ",
    "stars and words": "*a **b ",
    "underlines and stars": "*a_ ",
    "ticks": "`a``b",
    "quotes": ">",
    "quotes in lists": "> - ",
    "lists": "- ",
    "lazy quotes": "> > > > > > > > a\nb\nc\nd\n",
    "headings": "a\n=\n",
    "entities": "&#60;",
    "HTML": "<a b ",
    "addresses": "<http://a",
    "links": "[a](http://b.c) ",
    "backslashes": "\\",
    "lines": "a\r\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_text_takes_much_longer_than_prose(bomb: str) -> None:
    text = _repeated(BOMBS[bomb])
    ratio = _seconds(text) / _seconds(_repeated(PROSE))
    note(f"markdown {bomb}", value=ratio, limit=RATIO_MAX)
    assert ratio <= RATIO_MAX
    assert len(rendered(text)) <= OUTPUT_RATIO_MAX * len(text)


@pytest.mark.parametrize("table", [WIDE_TABLE, MANY_TABLES], ids=["wide", "many"])
def test_a_table_does_not_grow_to_more_than_somebody_would_read(table: str) -> None:
    text = table[:MARKDOWN_CHARACTERS_MAX]
    assert _seconds(text) / _seconds(_repeated(PROSE)) <= RATIO_MAX
    assert rendered(text).count("<td>") <= markdown_parser.TABLE_TOKENS_MAX


def test_a_small_table_is_one_and_scrolls_in_a_box_of_its_own() -> None:
    html = rendered("| a | b |\n|---|---|\n| 1 | **2** |")
    assert html.startswith(
        '<div class="wide" role="region" aria-label="Table" tabindex="0"><table>'
    )
    assert "<td><strong>2</strong></td>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<div hx-get="/account" hx-trigger="load">x</div>',
        "</div></section>",
        "`<b>`",
        '[a](https://b.c "onmouseover=alert(1)")',
        '[a](https://b.c/"onmouseover="alert(1))',
        '![a" onload="b](https://b.c/d.png)',
        '```"><script>\n<script>\n```',
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<svg><style>*{display:none}</style></svg>",
        '<a href="javascript:alert(1)">x</a>',
        "[a]: https://b.c 'd'\n\n[a]",
    ],
)
def test_nothing_that_it_writes_is_more_than_text(text: str) -> None:
    found = _Found.of(rendered(text))
    assert found.elements <= ELEMENTS
    assert found.attributes <= ATTRIBUTES


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "/account/deletion",
        "//elsewhere.example",
        "https:elsewhere.example",
        "https://bank.example@elsewhere.example/",
        "https://bank.example\\@elsewhere.example/",
        "http://[::1",
        "mailto:a@b.c",
    ],
)
def test_a_link_leads_to_a_page_of_the_web_or_is_none(address: str) -> None:
    assert "<a" not in rendered(f"[a]({address})")
    assert "<a" not in rendered(f"<{address}>")


def test_a_link_says_where_it_leads_and_vouches_for_nothing() -> None:
    html = rendered("[bank.example](https://elsewhere.example/in)")
    assert 'rel="nofollow noopener noreferrer ugc"' in html
    assert '</a> <span class="host">(elsewhere.example)</span>' in html
    html = rendered("[bank](https://b\N{CYRILLIC SMALL LETTER A}nk.example)")
    assert re.search(r"\(xn--[a-z0-9-]+\.example\)", html)


def test_no_picture_is_fetched() -> None:
    html = rendered("![A cat](https://elsewhere.example/who-looks.png)")
    assert html == "<p>A cat</p>\n"


def test_headings_stand_below_those_of_the_page() -> None:
    html = rendered("# One\n\n## Two\n\n###### Six\n\nAlso one\n===")
    assert re.findall(r"<(h\d)>", html) == ["h3", "h4", "h6", "h3"]


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "&#x202e;", "&#8238;", "&#x2067;"])
def test_nothing_turns_text_around(mark: str) -> None:
    assert rendered(f"left {mark}right") == "<p>left right</p>\n"


def test_lines_stay_lines() -> None:
    assert rendered("A frog\nsings.") == "<p>A frog<br>\nsings.</p>\n"


def test_a_text_past_all_measure_is_shown_as_it_is() -> None:
    text = "*a* <b>" * MARKDOWN_CHARACTERS_MAX
    assert rendered(text).startswith('<div class="plain">*a* &lt;b&gt;')


def test_the_room_shows_the_text_to_everybody_and_htmx_looks_at_none_of_it(seats: Seats) -> None:
    seats.table.use_model("scripted-markup")
    seats.add_lines()
    seats.table.write()
    for browser in seats.browsers:
        page = browser.get(seats.path).get_data(as_text=True)
        sheet = page[page.index('<div class="sheet sheet-done"') :]
        assert re.match(r"<div [^>]*\bhx-ignore\b[^>]*><h3>A heading</h3>", sheet)
        assert "<td>eleven</td>" in sheet
        assert "<script>window" not in page
        assert "&lt;script&gt;window" in sheet
        assert "\u202e" not in page


def test_a_megabyte_without_a_space_ends_at_the_limit(seats: Seats) -> None:
    seats.table.use_model("scripted-megabyte")
    seats.add_lines()
    written = seats.table.write().generation
    assert written
    assert (written.state, len(written.text)) == ("done", running.TEXT_CHARACTERS_MAX)
    page = seats.browsers[0].get(seats.path)
    assert page.status_code == 200
    assert '<div class="plain">unbreakable' in page.get_data(as_text=True)


class _Found(HTMLParser):
    """The elements and attributes of some HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()

    @classmethod
    def of(cls, html: str) -> _Found:
        found = cls()
        found.feed(html)
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}


def _repeated(text: str) -> str:
    return (text * (MARKDOWN_CHARACTERS_MAX // len(text) + 1))[:MARKDOWN_CHARACTERS_MAX]


def _seconds(text: str) -> float:
    """The best of three, in time of this thread: what else runs here doesn't count."""
    return min(_timed(lambda: markdown.rendered_in_source.__wrapped__(text)) for _ in range(3))


def _timed(act: Callable[[], object]) -> float:
    began = time.thread_time()
    act()
    return time.thread_time() - began
