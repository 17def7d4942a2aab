"""Whether a line may go into the pot, and what came of it onto the table.

Both are looked at by the operator's list of words, and by the provider's endpoint where one is
named. A line that can't be checked waits: its author is here and can send it again. What was made
of checked lines is shown all the same, since somebody waits for it and nobody could try again.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import blocklist, picture_files, pictures, provider
from potluck.rooms.models import Generation
from potluck.rooms.picture_store import NoSuchPicture, StorageAway
from potluck.rooms.provider import ModelFailed
from potluck.rooms.settlement import Outcome
from potluck.settings import current_settings
from potluck.texts import gettext as _

logger = logging.getLogger(__name__)

# Each for connecting and for the answer. Somebody waits for it with a line that they typed, and a
# generation's lease isn't renewed meanwhile.
ASK_TIMEOUT_SECONDS = 4.0


class LineRefused(Refusal):
    """A line that may not go into the pot."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "line_refused"


class NotChecked(Refusal):
    """Nobody can say at the moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "moderation_unavailable"


def check_line(line: str) -> None:
    """Raises `LineRefused` or `NotChecked`.

    Ends the transaction: none must be open while others are waited for.
    """
    text = " ".join(line.split())
    if not text:
        # Refused for that.
        return
    if blocklist.is_blocked(text):
        message = _(
            "There is a word in this line that isn't allowed here. Leave it out, and send it."
        )
        raise LineRefused(message, code="line_blocked")
    db.session.rollback()
    try:
        objection = _ask(text)
    except ModelFailed as failure:
        logger.warning("a line wasn't checked: %s %s", failure.code, failure.detail)
        message = _(
            "Lines can't be checked right now, so yours was not added. Try again in a minute."
        )
        raise NotChecked(message) from None
    if objection:
        logger.info("a line was refused: %s", objection)
        message = _("This line can't be used here: its check objects to it. Write it another way.")
        raise LineRefused(message)


def review(generation_id: int, outcome: Outcome) -> Outcome:
    """The outcome, or where somebody objects to it one with nothing in it that nobody pays for."""
    if not outcome.is_something:
        return outcome
    objection = _objection(generation_id, outcome)
    if objection is None:
        return outcome
    logger.warning("generation %s was taken back: %s", generation_id, objection)
    pictures.take_away(generation_id)
    return replace(
        outcome,
        state="failed",
        text="",
        has_picture=False,
        error_code="result_refused",
        error_detail=objection,
    )


def _objection(generation_id: int, outcome: Outcome) -> str | None:
    """Why it isn't wanted, for the operator."""
    if blocklist.is_blocked(outcome.text):
        return "a word of the operator's list is in it"
    if not current_settings().openai_moderation_model:
        return None
    try:
        return _ask(_shown(generation_id) if outcome.has_picture else outcome.text)
    except ModelFailed as failure:
        logger.warning("what was made wasn't checked: %s %s", failure.code, failure.detail)
        return None


def _shown(generation_id: int) -> Any:
    """The picture, as the endpoint takes one. Raises `ModelFailed` where it can't be read.

    https://platform.openai.com/docs/guides/moderation
    """
    picture = db.session.get_one(Generation, generation_id, populate_existing=True).picture
    assert picture
    assert picture.media_type in picture_files.EXTENSIONS
    name, media_type = picture.name, picture.media_type
    db.session.rollback()
    try:
        data = base64.b64encode(pictures.store().read(name)).decode()
    except (NoSuchPicture, StorageAway) as error:
        raise ModelFailed("storage_away", str(error)) from None
    return [{"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{data}"}}]


def _ask(content: Any) -> str | None:
    """What the provider objects to; nothing where none is named. Raises `ModelFailed`."""
    settings = current_settings()
    model = settings.openai_moderation_model
    if not model:
        return None
    try:
        answer = provider.client(provider.text_server(settings)).moderations.create(
            model=model, input=content, timeout=ASK_TIMEOUT_SECONDS
        )
        flagged = [result for result in answer.results if result.flagged]
    except Exception as error:
        raise provider.failure(error) from error
    if not flagged:
        return None
    found = flagged[0].categories.model_dump(by_alias=True).items()
    return ", ".join(sorted(name for name, is_found in found if is_found)) or "flagged"
