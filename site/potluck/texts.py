"""Sentences in the reader's language, for code; templates have the same by `_` and `{% trans %}`.

Flask-Babel's own carry no types, and look a catalogue up anew for each of the hundred sentences
of a page. What is asked for here by a literal is found by `bin/catalogues` and put into the
catalogues for translators.
"""

from __future__ import annotations

from functools import lru_cache

from babel.support import NullTranslations
from flask import Flask
from flask_babel import get_domain, get_locale
from markupsafe import Markup

# All that templates say as it is, in a few languages.
SENTENCES_KEPT = 4_096

_catalogues: dict[tuple[str | None, ...] | None, NullTranslations] = {None: NullTranslations()}


def init_app(app: Flask) -> None:
    """Gives templates what is here, in place of Flask-Babel's. Call it after that is set up."""
    app.jinja_env.globals.update({"_": _said, "gettext": _said, "ngettext": _counted})


def gettext(message: str, **values: object) -> str:
    """The sentence, with `%(name)s` filled in where values are given."""
    said = str(_catalogue().gettext(message))
    return said % values if values else said


def marked(message: str) -> str:
    """The sentence as it is: a constant, for translators to find, that is looked up when said."""
    return message


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """The sentence for so many; `%(num)s` is the count."""
    return str(_catalogue().ngettext(one, many, count)) % {"num": count, **values}


def _catalogue() -> NullTranslations:
    """That of the language that is being written; one that changes nothing where none is."""
    locale = get_locale()
    # A locale itself is slow to compare.
    name = (locale.language, locale.script, locale.territory) if locale else None
    if name not in _catalogues:
        _catalogues[name] = get_domain().get_translations()
    return _catalogues[name]


def _said(message: str, /, **values: object) -> Markup:
    """As HTML: what is filled in is escaped. A `%` that is meant stands twice in it."""
    if not values:
        return _said_as_it_is(_catalogue(), message)
    return Markup(_catalogue().gettext(message)) % values  # noqa: S704 - ours


def _counted(one: str, many: str, count: int, /, **values: object) -> Markup:
    said = Markup(_catalogue().ngettext(one, many, count))  # noqa: S704 - ours
    return said % {"num": count, **values}


@lru_cache(SENTENCES_KEPT)
def _said_as_it_is(catalogue: NullTranslations, message: str) -> Markup:
    return Markup(catalogue.gettext(message)) % {}  # noqa: S704 - ours
