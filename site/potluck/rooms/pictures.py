"""Pictures that were drawn: files under `var/pictures`, and rows that say whose they are."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import delete, exists, or_, select, text

from potluck.database import db
from potluck.rooms import picture_files, sheets
from potluck.rooms.leases import Lease, LeaseLost
from potluck.rooms.models import Contribution, Generation, Member, Picture, Round
from potluck.rooms.sheet_models import Sheet
from potluck.settings import current_settings

# 192 bits: whoever knows a name was told it.
NAME_BYTES = 24

# Whoever lost the lease adds nothing any more.
ADD = text("""
    INSERT INTO pictures (generation_id, name, media_type, width, height, size_bytes)
    SELECT id, :name, :media_type, :width, :height, :size_bytes FROM generations
    WHERE id = :id AND lease_epoch = :epoch AND state = 'dispatched' RETURNING id
""")


def keep(lease: Lease, data: bytes) -> None:
    """Writes a picture down, the file first. Commits. Raises `BadPicture`, and `LeaseLost`."""
    facts = picture_files.look_at(data)
    name = f"{secrets.token_urlsafe(NAME_BYTES)}.{picture_files.EXTENSIONS[facts.media_type]}"
    _write(path_of(name), data)
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
        path_of(name).unlink(missing_ok=True)
        raise LeaseLost


def tidy(generation_id: int, *, keep_newest: bool = True) -> None:
    """Takes out what was drawn before the newest, or all of it, files last. Commits."""
    query = select(Picture.id, Picture.name).filter_by(generation_id=generation_id)
    found = db.session.execute(query.order_by(Picture.id.desc())).all()
    older = found[1:] if keep_newest else found
    if older:
        db.session.execute(delete(Picture).where(Picture.id.in_([row.id for row in older])))
    db.session.commit()
    for row in older:
        path_of(row.name).unlink(missing_ok=True)


def picture_for(user_id: int | None, name: str) -> Picture | None:
    """The picture, if this person sits in its room or took part, or if its sheet is public."""
    sits = exists().where(
        Member.room_id == Round.room_id, Member.user_id == user_id, Member.left_at.is_(None)
    )
    took_part = exists().where(Contribution.round_id == Round.id, Contribution.user_id == user_id)
    query = (
        select(Picture)
        .join(Generation, Generation.id == Picture.generation_id)
        .join(Round, Round.id == Generation.round_id)
        .outerjoin(Sheet, Sheet.round_id == Round.id)
        .where(Picture.name == name, or_(sits, took_part, sheets.public()))
    )
    return db.session.scalar(query)


def path_of(name: str) -> Path:
    """Where the file is. Folders by the first letters, so that none gets too long."""
    return current_settings().potluck_var / "pictures" / name[:2] / name


def _write(path: Path, data: bytes) -> None:
    """Others see all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    os.replace(file.name, path)  # noqa: PTH105 - a Path has no better name for it
