"""Every component in every state on one page, for whoever works on how the app looks.

It is drawn from the partials that the pages use and from people who don't exist. It is there
while somebody develops, and nowhere else.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from potluck.settings import ROOT, current_settings
from potluck.styleguide import (
    composer_samples,
    front_samples,
    money_samples,
    room_samples,
    sheet_samples,
)

STYLES = ROOT / "static" / "css"
COLOUR = re.compile(r"--([\w-]+): light-dark\(")
ICON = re.compile(r"\.icon-([\w-]+) \{ --icon:")
# Every status that a page of ours may have to explain.
STATUSES = (400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503)

blueprint = Blueprint("styleguide", __name__)


@blueprint.before_request
def only_in_development() -> None:
    """Before anybody is asked to sign in: in production there is no such page."""
    if current_settings().is_production:
        abort(HTTPStatus.NOT_FOUND)


@blueprint.get("/styleguide")
@login_required
def show() -> ResponseReturnValue:
    """All of it at once. Names of colours and icons are read from the files that define them."""
    styles = "\n".join(path.read_text() for path in sorted(STYLES.glob("*.css")))
    groups = {
        **front_samples.groups(),
        **money_samples.groups(),
        **room_samples.groups(),
        **composer_samples.groups(),
        **sheet_samples.groups(),
    }
    return render_template(
        "styleguide/page.html",
        groups=groups,
        colours=COLOUR.findall(styles),
        icons=ICON.findall(styles),
        statuses=STATUSES,
    )
