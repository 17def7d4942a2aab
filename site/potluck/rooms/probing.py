"""When models are asked what they can do: as a process starts, and when the operator says so."""

from __future__ import annotations

import logging

from potluck.announcements import announce
from potluck.database import db
from potluck.jobs import Jobs
from potluck.rooms import capabilities, probe
from potluck.rooms.provider import ModelFailed
from potluck.settings import current_settings

logger = logging.getLogger(__name__)


def probe_all(jobs: Jobs) -> None:
    """Asks every model in the background."""
    for model in current_settings().openai_models:
        jobs.spawn(probe_model, model)


def probe_model(model: str) -> None:
    """Asks one, unless another process does or did a moment ago."""
    if not capabilities.claim(model):
        return
    try:
        capabilities.note(model, probe.probe(model, current_settings()))
    except ModelFailed as failure:
        logger.warning("asked %s what it can do: %s %s", model, failure.code, failure.detail)
        capabilities.note_failure(model, f"{failure.code}: {failure.detail}")


def ask_again() -> None:
    """Has every model asked once more, by a process that has texts written. Commits."""
    capabilities.ask_again()
    db.session.commit()
    announce("probe")
