"""The files of pictures, for those who may see them."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from potluck.rooms import pictures

# Nothing that a name stands for ever changes; whoever signs in next on this machine asks anew.
CACHE = "private, max-age=31536000, immutable"

blueprint = Blueprint("pictures", __name__, url_prefix="/pictures")


@blueprint.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """The picture of this name."""
    viewer_id = current_user.id if current_user.is_authenticated else None
    picture = pictures.picture_for(viewer_id, name)
    if picture is None:
        abort(HTTPStatus.NOT_FOUND)
    try:
        data = pictures.path_of(picture.name).read_bytes()
    except FileNotFoundError:
        abort(HTTPStatus.NOT_FOUND)
    response = Response(data, mimetype=picture.media_type)
    response.headers["Cache-Control"] = CACHE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
