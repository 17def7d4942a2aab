"""The gallery: what rooms have made public."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from potluck.database import db
from potluck.rooms import faces, gallery
from potluck.rooms.recipes import recipes
from potluck.rooms.sheet_views import viewer
from potluck.web import fragment

blueprint = Blueprint("gallery", __name__, url_prefix="/gallery")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """A page of it, newest first."""
    db.read_without_transaction()
    chosen = gallery.chosen_recipe(request.args.get("recipe"))
    before = request.args.get("before")
    page = gallery.page(viewer_id=viewer(), recipe=chosen, before=before)
    return render_template(
        "gallery/index.html",
        faces=faces.of_reads(page.sheets, viewer()),
        page=page,
        recipes=list(recipes().values()),
        chosen=chosen,
        is_first=before is None,
    )


@blueprint.get("/news")
def news() -> ResponseReturnValue:
    """How many came since the page was drawn, as a fragment: they wait until they are asked for."""
    chosen = gallery.chosen_recipe(request.args.get("recipe"))
    count = gallery.news(recipe=chosen, since=request.args.get("since"))
    return fragment("gallery/_news.html", count=count, chosen=chosen)
