"""What a browser says of itself, in words that its owner recognises."""

from __future__ import annotations

from potluck.texts import gettext as _
from potluck.texts import marked

# The first that is found counts: most browsers name those that they want to be taken for.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-requests/", marked("A Python program")),
)
SYSTEMS = (
    ("iPhone", marked("an iPhone")),
    ("iPad", marked("an iPad")),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str | None) -> str:
    """Like "Firefox on Windows"."""
    name = _first(BROWSERS, user_agent or "")
    browser = _(name) if name else _("An unknown browser")
    system = _first(SYSTEMS, user_agent or "")
    if system is None:
        return browser
    return _("%(browser)s on %(system)s", browser=browser, system=_(system))


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in table if mark in user_agent), None)
