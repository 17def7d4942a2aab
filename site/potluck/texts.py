"""Sentences in the reader's language, for code; templates have the same by `_` and `{% trans %}`.

Flask-Babel's own carry no types. What is asked for here by a literal is found by
`bin/catalogues` and put into the catalogues for translators.
"""

from __future__ import annotations

import flask_babel


def gettext(message: str, **values: object) -> str:
    """The sentence, with `%(name)s` filled in where values are given."""
    return str(flask_babel.gettext(message, **values))


def marked(message: str) -> str:
    """The sentence as it is: a constant, for translators to find, that is looked up when said."""
    return message


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """The sentence for so many; `%(num)s` is the count."""
    return str(flask_babel.ngettext(one, many, count, **values))
