"""Addresses for templates: a page has dozens, and most are those of the page before."""

from __future__ import annotations

import functools
from typing import Any

from flask import Flask, has_request_context, request, url_for

from potluck.settings import Settings

LINKS_MAX = 4_096


def init_app(app: Flask, settings: Settings) -> None:
    """Remembers what `url_for` said, where it can't say anything else."""

    @functools.lru_cache(LINKS_MAX)
    def remembered(endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        return url_for(endpoint, **dict(values))

    def link(endpoint: str, **values: Any) -> str:
        # What is relative to a blueprint or complete with its host depends on the request, and a
        # file may have changed where somebody works on it.
        is_fixed = not endpoint.startswith(".") and "_external" not in values
        is_fixed = is_fixed and (endpoint != "static" or settings.is_production)
        if is_fixed and has_request_context() and not request.script_root:
            return remembered(endpoint, tuple(sorted(values.items())))
        return url_for(endpoint, **values)

    app.jinja_env.globals["url_for"] = link
