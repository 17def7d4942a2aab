"""The badge without Jinja: its partial is rendered once, with places where the figures go.

The partial is the same that every page includes, so there is nothing to keep in step.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Self

from flask import Flask, g
from jinja2 import Template

from potluck import languages

PARTIAL = "credits/_badge.html"
# Two hundred ways to say how many, with and without a part that is held, in each language.
RENDERED_KEPT = 1_024
# Pages ask again and again for what hasn't changed. Each is half a kilobyte.
WRITTEN_KEPT = 4_096
# Whole hundreds more or less change no plural, in any language that we know of.
FORMS = 100


class Place(int):
    """A number that prints as the place where another will stand, and counts as itself."""

    mark: str

    @classmethod
    def of(cls, value: int, name: str) -> Self:
        """Marked by what no partial and no figure can hold."""
        place = cls(value)
        place.mark = f"\0{name}\0"
        return place

    def __str__(self) -> str:
        return self.mark

    def __format__(self, _spec: str) -> str:
        return self.mark


class Badge:
    """That of one app."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        links = app.url_map.bind("")
        self._links = {name: links.build(name) for name in ("credits.index", "credits.badge")}
        self._template: Template | None = None
        self._rendered = lru_cache(RENDERED_KEPT)(self._render)
        self._written = lru_cache(WRITTEN_KEPT)(self._write)

    def html(self, language: str, *, available: int, held: int, seq: int) -> str:
        """As the page has it, in this language."""
        # While somebody works on the partial, it is another each time.
        if self._template is None or self._app.jinja_env.auto_reload:
            self._template = self._app.jinja_env.get_template(PARTIAL)
        return self._written(self._template, language, available, held, seq)

    def _write(self, template: Template, language: str, available: int, held: int, seq: int) -> str:
        form = available if available < FORMS else FORMS + available % FORMS
        html = self._rendered(template, language, form, is_held=held > 0)
        html = html.replace("\0available\0", languages.number_in(language, available))
        html = html.replace("\0held\0", languages.number_in(language, held))
        return html.replace("\0seq\0", str(seq))

    def _render(self, template: Template, language: str, form: int, *, is_held: bool) -> str:
        figures = SimpleNamespace(
            available=Place.of(form, "available"),
            held=Place.of(int(is_held), "held"),
            seq=Place.of(0, "seq"),
        )
        values: dict[str, Any] = {"balance": lambda: figures, "url_for": self._links.get}
        with self._app.app_context():
            g.language = language
            return template.render(values)
