"""What a model wrote, as HTML that can't do anything. `markdown_parser` says how.

The work is bounded: a text is rendered once for all who look at it, and a long one is shown as it
is.
"""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup, escape

from potluck.texts import gettext as _

# More than any recipe lets a model write in one go; the rest is shown without its Markdown.
MARKDOWN_CHARACTERS_MAX = 20_000
RENDERED_TEXTS_KEPT = 128
# Embeddings, overrides and isolates turn around the text that follows them.
BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# A box that a table scrolls in, as the sieve leaves it: no text can hold its first sign.
TABLE_BOX = '<div class="wide" role="region" aria-label="{label}" tabindex="0">'
TABLE_BOX_IN_SOURCE = TABLE_BOX.format(label="Table")


def rendered(text: str) -> Markup:
    """The text as HTML to put into an element that htmx ignores, in the reader's language."""
    box = TABLE_BOX.format(label=escape(_("Table")))
    return Markup(rendered_in_source(text).replace(TABLE_BOX_IN_SOURCE, box))  # noqa: S704 - as it was


@lru_cache(maxsize=RENDERED_TEXTS_KEPT)
def rendered_in_source(text: str) -> str:
    """The same in the source's language, once for all who look at it."""
    if len(text) > MARKDOWN_CHARACTERS_MAX:
        return f'<div class="plain">{escape(text.translate(BIDI_CONTROLS))}</div>'
    from potluck.rooms import markdown_parser  # noqa: PLC0415 - potluck.loading says why

    # An entity can stand for a character, so those that turn text around go last.
    return markdown_parser.html(text).translate(BIDI_CONTROLS)
