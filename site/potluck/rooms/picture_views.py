"""The files of pictures, for those who may see them."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.accounts.operators import is_operator
from potluck.database import db
from potluck.rooms import pictures
from potluck.rooms.picture_store import NoSuchPicture

# Nothing that a name stands for ever changes; whoever signs in next on this machine asks anew.
CACHE = "private, max-age=31536000, immutable"

blueprint = Blueprint("pictures", __name__, url_prefix="/pictures")


@blueprint.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """The picture of this name."""
    viewer_id = current_user.id if current_user.is_authenticated else None
    picture = pictures.picture_for(viewer_id, name, is_operator=is_operator())
    if picture is None:
        abort(HTTPStatus.NOT_FOUND)
    media_type = picture.media_type
    # Reading may take a while, and needs nothing of the database.
    db.session.rollback()
    try:
        response = Response(pictures.data(name), mimetype=media_type)
    except NoSuchPicture:
        abort(HTTPStatus.NOT_FOUND)
    response.headers["Cache-Control"] = CACHE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
