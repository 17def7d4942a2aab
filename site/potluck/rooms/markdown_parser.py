"""Markdown, and a sieve behind it.

A model writes what members talk it into, so its text is as little trusted as theirs. The parser
passes no HTML on, and the sieve lets nothing through that isn't named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import escape

from potluck.rooms.markdown import TABLE_BOX_IN_SOURCE

# Quotes in lists in quotes: further in, text stays text.
NESTING_MAX = 8
TABLE_COLUMNS_MAX = 12
TABLE_ROWS_MAX = 100
# A row of two characters can stand for twelve cells: after so many tokens no table begins.
TABLE_TOKENS_MAX = 6_000
# The page has an h1 and an h2 of its own above whatever is written.
HEADING_LEVELS_ABOVE = 2
HEADING_LEVEL_MAX = 6
# Without a name and a password, which are there to pass for a host.
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


def html(text: str) -> str:
    """The text as HTML, in the source's language."""
    cleaned: str = SIEVE.clean(PARSER.render(text))
    return cleaned


def _parser() -> MarkdownIt:
    # Lines of a poem or a chat stay lines. A reference could stand for a long address a thousand
    # times.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": NESTING_MAX})
    parser.enable(["table", "strikethrough"]).disable("reference")
    parser.validateLink = _is_web_address  # type: ignore[method-assign]
    parser.block.ruler.at("table", _small_table, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.push("places", _note_places)
    for name, rule in RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(HOST.fullmatch(parts.netloc))


def _small_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """The parser's own rule, for tables of a size that somebody would read."""
    head = state.src[state.bMarks[start] : state.eMarks[start]]
    is_wide = head.count("|") > TABLE_COLUMNS_MAX + 1
    if is_wide or state.env.get("table_tokens", 0) > TABLE_TOKENS_MAX:
        return False
    before = len(state.tokens)
    is_table = table(state, start, min(end, start + 2 + TABLE_ROWS_MAX), silent)
    if is_table and not silent:
        state.env["table_tokens"] = state.env.get("table_tokens", 0) + len(state.tokens) - before
    return is_table


def _note_places(state: StateCore) -> None:
    """Headings begin below the page's own; the end of a link knows where it leads."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            level = int(token.tag[1:]) + HEADING_LEVELS_ABOVE
            token.tag = f"h{min(level, HEADING_LEVEL_MAX)}"
        href = ""
        for child in token.children or []:
            if child.type == "link_open":
                href = str(child.attrGet("href"))
            elif child.type == "link_close":
                child.meta["host"] = urlsplit(href).netloc


Tokens = Sequence[Token]


def _table_opens(*_: object) -> str:
    # It scrolls in a box of its own, which the keyboard must reach.
    return f"{TABLE_BOX_IN_SOURCE}<table>\n"


def _table_closes(*_: object) -> str:
    return "</table></div>\n"


def _link_closes(_renderer: RendererProtocol, tokens: Tokens, index: int, *_: object) -> str:
    """A link may call itself anything; where it leads stands beside it."""
    return f'</a> <span class="host">({escape(tokens[index].meta["host"])})</span>'


def _picture(_renderer: RendererProtocol, tokens: Tokens, index: int, *_: object) -> str:
    """What a picture shows, in words. None is fetched: its address could say who looks."""
    return str(escape(tokens[index].content))


RULES: dict[str, Callable[..., str]] = {
    "table_open": _table_opens,
    "table_close": _table_closes,
    "link_close": _link_closes,
    "image": _picture,
}
SIEVE = nh3.Cleaner(
    tags=set(
        "a blockquote br code div em h3 h4 h5 h6 hr li ol p pre s span strong table tbody td "
        "th thead tr ul".split()
    ),
    attributes={"a": {"href"}, "ol": {"start"}, "*": set()},
    tag_attribute_values={
        "div": {"role": {"region"}, "aria-label": {"Table"}, "tabindex": {"0"}},
    },
    allowed_classes={"div": {"wide"}, "span": {"host"}},
    url_schemes={"http", "https"},
    link_rel="nofollow noopener noreferrer ugc",
)
PARSER = _parser()
