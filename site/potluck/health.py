"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from potluck.database import db

logger = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 as long as the process answers at all."""
    return {"ok": True}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 once the database answers and is migrated, 503 otherwise."""
    try:
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        logger.exception("the database doesn't answer")
        return {"ok": False, "database": "unreachable"}, HTTPStatus.SERVICE_UNAVAILABLE
    return {"ok": True, "database": version}
