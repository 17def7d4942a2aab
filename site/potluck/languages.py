"""Which language somebody reads, and how it writes numbers and times.

English is the source: its sentences are the keys of the catalogues in `translations/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from babel.core import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from flask import Blueprint, Flask, g, has_request_context, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, force_locale, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header, parse_cookie

from potluck import texts
from potluck.refusals import Refusal
from potluck.settings import current_settings
from potluck.texts import gettext as _
from potluck.web import csrf, local_path

SOURCE = "en"
# Each in its own words, for whoever can't read the others.
LANGUAGES = {SOURCE: "English", "de": "Deutsch"}
# American English puts the month first, which readers elsewhere take for the day.
DAY_BEFORE_MONTH = {"en": "en_GB"}
COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 60 * 60

blueprint = Blueprint("languages", __name__)


def init_app(app: Flask) -> None:
    """Texts in templates and code are looked up from here on."""
    Babel(app, locale_selector=_selected)
    texts.init_app(app)
    # How a sentence is broken into lines in a template is nothing that a translator should see.
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals.update(language=current, languages=LANGUAGES)
    app.jinja_env.filters.update(number=number, decimal=decimal, when=when, day=day, translated=_)
    app.register_blueprint(blueprint)


@blueprint.post("/language")
@csrf.exempt
def choose() -> ResponseReturnValue:
    """Keeps the choice in the browser, for a year; where it came from says `next`.

    Other origins are refused like everywhere. A token would leave a session row behind for
    every stranger who reads another language.
    """
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        message = _("Choose one of the languages on the page.")
        raise Refusal(message, code="unknown_language", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    response = redirect(local_path(request.form.get("next")), HTTPStatus.SEE_OTHER)
    response.set_cookie(
        COOKIE,
        chosen,
        max_age=COOKIE_SECONDS,
        httponly=True,
        secure=current_settings().is_secure,
        samesite="Lax",
    )
    return response


def current() -> str:
    """The code of the language that is being written, as `lang` has it."""
    return _code(get_locale())


def of_handshake(environ: Mapping[str, Any]) -> str:
    """The language that a socket's client reads, or who is answered in front of the app."""
    cookies = environ.get("HTTP_COOKIE", "")
    # To read them all takes longer than what else is done for the badge.
    chosen = parse_cookie(cookies).get(COOKIE) if COOKIE in cookies else None
    return str(chosen) if chosen in LANGUAGES else _liked(environ.get("HTTP_ACCEPT_LANGUAGE"))


def written_in(language: str | None) -> AbstractContextManager[None]:
    """Whatever is written within is in this language, or else in the source's."""
    within: AbstractContextManager[None] = force_locale(
        language if language in LANGUAGES else SOURCE
    )
    return within


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands between thousands, and before the decimals."""

    group: str
    decimal: str


ENGLISH_MARKS = Marks(group=",", decimal=".")


def marks() -> Marks:
    """Those of the language that is being written."""
    return _marks(current())


def number(value: int | Decimal, decimals: int = 0) -> str:
    """`12,500` or `12.500`; a `Decimal` of any size to the last digit that is asked for."""
    return number_in(current(), value, decimals)


def number_in(language: str, value: int | Decimal, decimals: int = 0) -> str:
    """The same, whatever is being written."""
    text = f"{value:,.{decimals}f}" if decimals else f"{value:,}"
    if language == SOURCE:
        return text
    marks = _marks(language)
    return text.translate({ord(","): marks.group, ord("."): marks.decimal})


def decimal(value: float, digits: int) -> str:
    """`0.05` or `0,05`, with so many digits behind the mark."""
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return format_decimal(value, format=pattern, locale=current())


def when(at: datetime) -> str:
    """`26 Nov 2026, 11:05 UTC`; scripts turn it into the reader's own zone."""
    locale = DAY_BEFORE_MONTH.get(current(), current())
    at = at.astimezone(UTC)
    return f"{format_date(at, locale=locale)}, {format_time(at, 'short', locale=locale)} UTC"


def day(at: datetime) -> str:
    """`1 December` or `1. Dezember`."""
    locale = DAY_BEFORE_MONTH.get(current(), current())
    return format_skeleton("MMMMd", at, locale=locale)


@lru_cache
def _code(locale: Locale | None) -> str:
    return str(locale or SOURCE)


@lru_cache
def _marks(language: str) -> Marks:
    if language == SOURCE:
        return ENGLISH_MARKS
    symbols = Locale.parse(language).number_symbols["latn"]
    return Marks(symbols["group"], symbols["decimal"])


def _selected() -> str:
    if not has_request_context():
        language: str = g.get("language", SOURCE)
        return language
    return of_handshake(request.environ)


@lru_cache
def _liked(header: str | None) -> str:
    accepted = parse_accept_header(header, LanguageAccept)
    # In the order that the reader likes them: German of Austria is German.
    wanted = (tag.partition("-")[0].lower() for tag in accepted.values())
    return next((language for language in wanted if language in LANGUAGES), SOURCE)
