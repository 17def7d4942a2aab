"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from potluck import gauges
from potluck.database import db
from potluck.jobs import Jobs
from potluck.limits import is_nearby
from potluck.live import broadcasts
from potluck.outages import is_absence

logger = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 as long as the process answers at all."""
    return {"ok": True}


@blueprint.get("/metrics")
def figures() -> ResponseReturnValue:
    """What there is to watch, for this machine and the private network around it."""
    if not is_nearby(request.remote_addr or ""):
        abort(HTTPStatus.NOT_FOUND)
    return Response(gauges.figures(), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 while people can be sent here: the database answers and is migrated, nothing ends."""
    try:
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        if not is_absence(error):
            logger.exception("the database can't be read")
        return {"ok": False, "database": "unreachable"}, HTTPStatus.SERVICE_UNAVAILABLE
    jobs: Jobs | None = current_app.extensions.get("jobs")
    word: dict[str, str | bool] = {"ok": True, "database": version, "bus": broadcasts.bus()}
    if jobs and jobs.is_draining:
        # What asks whom to send people to shall send nobody more.
        return {**word, "ok": False, "draining": True}, HTTPStatus.SERVICE_UNAVAILABLE
    return word
