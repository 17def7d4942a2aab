"""In which language each socket's client reads; who isn't known here reads the source's."""

from __future__ import annotations

from collections.abc import Iterable

from potluck.languages import SOURCE

_languages: dict[str, str] = {}


def remember(sid: str, language: str) -> None:
    """Called once a socket is let in."""
    if language != SOURCE:
        _languages[sid] = language


def forget(sid: str) -> None:
    """Called when it goes."""
    _languages.pop(sid, None)


def of(sid: str) -> str:
    """The code of the language that this client reads."""
    return _languages.get(sid, SOURCE)


def sorted_by_language(sids: Iterable[str]) -> dict[str, list[str]]:
    """These sockets by what they read."""
    found: dict[str, list[str]] = {}
    for sid in sids:
        found.setdefault(of(sid), []).append(sid)
    return found
