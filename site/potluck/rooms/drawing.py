"""Has a picture drawn: the room sees it become clearer, and pays for the last one."""

from __future__ import annotations

from collections.abc import Callable

from potluck.announcements import announce
from potluck.rooms import picture_model, pictures
from potluck.rooms.models import Generation
from potluck.rooms.picture_files import BadPicture
from potluck.rooms.picture_model import SILENCE_SECONDS_MAX, Call
from potluck.rooms.picture_store import StorageAway
from potluck.rooms.provider import ModelFailed
from potluck.rooms.reading import Patience, Reader
from potluck.rooms.running import Running
from potluck.rooms.settlement import Outcome
from potluck.settings import Settings, current_settings


def prepare(order: Generation) -> Callable[[Running], Outcome]:
    """What draws it, once the order is marked as sent."""
    call, settings = picture_model.call(order), current_settings()
    return lambda running: _draw(running, call, settings)


def _draw(running: Running, call: Call, settings: Settings) -> Outcome:
    patience = Patience(first_seconds=SILENCE_SECONDS_MAX, stall_seconds=SILENCE_SECONDS_MAX)
    reader = Reader(lambda: picture_model.open_stream(call, settings), patience)
    has_picture, is_done = False, False
    try:
        for drawn in reader.beats(running.goes_on):
            running.note_request(reader.request_id)
            if drawn:
                # Of several in one beat the last shows all there is.
                _show(running, drawn[-1].data)
                has_picture, is_done = True, drawn[-1].is_last
            running.save_in_time()
    except ModelFailed as failure:
        if not is_done:
            return running.failed(failure)
    finally:
        reader.close()
    if running.interrupted:
        return running.failed(ModelFailed("interrupted", "the server was stopped"))
    if not (is_done or running.stop.is_set()):
        return running.failed(ModelFailed("empty", "the model drew nothing"))
    state = "done" if is_done else "stopped"
    return Outcome(
        state=state, text="", seq=running.seq, usage=reader.usage, has_picture=has_picture
    )


def _show(running: Running, data: bytes) -> None:
    try:
        pictures.keep(running.lease, data)
    except BadPicture as error:
        raise ModelFailed("bad_picture", str(error)) from None
    except StorageAway as error:
        raise ModelFailed("storage_away", str(error)) from None
    announce("round", room_id=running.room_id)
