"""Pictures that were drawn: files in a folder or a bucket, and rows that say whose they are."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from http import HTTPStatus

from sqlalchemy import delete, exists, func, or_, select, text

from potluck.buckets import bucket
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import picture_files, sheets
from potluck.rooms.leases import Lease, LeaseLost
from potluck.rooms.models import Contribution, Generation, Member, Picture, Round
from potluck.rooms.picture_folder import FolderStore
from potluck.rooms.picture_store import PictureStore, StorageAway
from potluck.rooms.sheet_models import Sheet
from potluck.settings import current_settings
from potluck.texts import gettext as _

logger = logging.getLogger(__name__)

# 192 bits: whoever knows a name was told it.
NAME_BYTES = 24

# A page that was drawn with a stage may be slow to fetch it.
STAGES_KEPT_SECONDS = 60

# Whoever lost the lease adds nothing any more.
ADD = text("""
    WITH added AS (
        INSERT INTO pictures (generation_id, name, media_type, width, height, size_bytes)
        SELECT id, :name, :media_type, :width, :height, :size_bytes FROM generations
        WHERE id = :id AND lease_epoch = :epoch AND state = 'dispatched'
        RETURNING id, generation_id
    ), drawn_over AS (
        UPDATE pictures SET superseded_at = now() FROM added
        WHERE pictures.generation_id = added.generation_id AND superseded_at IS NULL
    )
    SELECT id FROM added
""")


class PicturesAway(Refusal):
    """They are somewhere that can't be reached."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "storage_away"


def keep(lease: Lease, data: bytes) -> None:
    """Writes a picture down, the file first. Commits.

    Raises `BadPicture`, `StorageAway` and `LeaseLost`, and there is no row then.
    """
    facts = picture_files.look_at(data)
    name = f"{secrets.token_urlsafe(NAME_BYTES)}.{picture_files.EXTENSIONS[facts.media_type]}"
    store().write(name, data)
    values = {
        "id": lease.generation_id,
        "epoch": lease.epoch,
        "name": name,
        "size_bytes": len(data),
        **facts._asdict(),
    }
    added = db.session.execute(ADD, values).first()
    db.session.commit()
    if added is None:
        _remove([name])
        raise LeaseLost


def take_away(generation_id: int) -> None:
    """Nobody shall see what was drawn for it any more: rows first, then files. Commits."""
    query = delete(Picture).filter_by(generation_id=generation_id).returning(Picture.name)
    names = list(db.session.scalars(query))
    db.session.commit()
    _remove(names)


def clear_stages() -> None:
    """Removes stages that are no longer shown anywhere, files first. Commits.

    Raises `StorageAway`; rows stay then, and lead to the files the next time.
    """
    kept_since = func.now() - timedelta(seconds=STAGES_KEPT_SECONDS)
    names = list(db.session.scalars(select(Picture.name).where(Picture.superseded_at < kept_since)))
    db.session.commit()
    if not names:
        return
    place = store()
    for name in names:
        place.remove(name)
    db.session.execute(delete(Picture).where(Picture.name.in_(names)))
    db.session.commit()


def picture_for(user_id: int | None, name: str, *, is_operator: bool = False) -> Picture | None:
    """The picture, for whoever sits in its room or took part, and whoever may see its sheet."""
    sits = exists().where(
        Member.room_id == Round.room_id, Member.user_id == user_id, Member.left_at.is_(None)
    )
    took_part = exists().where(Contribution.round_id == Round.id, Contribution.user_id == user_id)
    may_see_sheet = sheets.visible(user_id, is_operator=is_operator)
    query = (
        select(Picture)
        .join(Generation, Generation.id == Picture.generation_id)
        .join(Round, Round.id == Generation.round_id)
        .outerjoin(Sheet, Sheet.round_id == Round.id)
        .where(
            Picture.name == name,
            or_(sits, took_part, may_see_sheet),
        )
    )
    return db.session.scalar(query)


def data(name: str) -> bytes:
    """The file, for those who may see it. Raises `NoSuchPicture`, and `PicturesAway`.

    It may take a while: no transaction should be open.
    """
    try:
        return store().read(name)
    except StorageAway as error:
        logger.error("a picture can't be read: %s", error)  # noqa: TRY400 - it says where
        message = _("Pictures can't be reached right now. Try again in a minute.")
        raise PicturesAway(message) from None


def store() -> PictureStore:
    """Where this installation keeps its pictures."""
    settings = current_settings()
    if settings.pictures_url:
        # Few installations have one.
        from potluck.rooms.picture_bucket import BucketStore  # noqa: PLC0415

        return BucketStore(bucket(settings.pictures_url.get_secret_value()))
    return FolderStore(settings.potluck_var / "pictures")


def _remove(names: list[str]) -> None:
    """Nobody is shown them any more, so what can't be removed now is only in the way."""
    place, left = store(), list(names)
    try:
        while left:
            place.remove(left[-1])
            left.pop()
    except StorageAway as error:
        logger.warning("pictures stay behind: %s (%s)", ", ".join(left), error)
