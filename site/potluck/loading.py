"""Modules that are long in loading, and what a server does about it.

Whoever uses one imports it in the function that uses it, so that commands do without. While one
is loaded everybody waits, so a server loads all of them before it serves. Decision 27 says what
came of loading them beside those who are served.
"""

from __future__ import annotations

import importlib

LATER = (
    "potluck.rooms.markdown_parser",
    "potluck.billing.gateway.sdk",
    "authlib.integrations.flask_client",
    "segno",
)
# For who asks models.
MODELS = "potluck.rooms.sdk"


def load(*names: str) -> None:
    """Returns once these modules are loaded."""
    for name in names:
        importlib.import_module(name)
