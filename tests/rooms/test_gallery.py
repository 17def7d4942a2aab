"""What is public hangs in the gallery, newest first, and nothing moves under a reader."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import text

from potluck.database import db
from potluck.rooms import gallery
from tests.conftest import SignInAs
from tests.people import Browser, make_user
from tests.rooms.sheet_people import Visit, publish, visits, words, written_sheet


def shown(browser: Browser, path: str = "/gallery") -> list[str]:
    """The sheets on a page, in their order."""
    html = browser.get(path).get_data(as_text=True)
    return re.findall(r'<h2 [^>]+><a href="/sheets/(\w+)"', html)


def link(browser: Browser, path: str, label: str) -> str | None:
    html = browser.get(path).get_data(as_text=True)
    found = re.search(rf'href="([^"]+)">{label}</a>', html)
    return found[1].replace("&amp;", "&") if found else None


def hang(count: int, *, recipe: str = "story") -> list[str]:
    """So many public sheets, newest first."""
    slugs = [written_sheet("Ada", recipe=recipe) for _ in range(count)]
    for slug in slugs:
        publish(slug)
    return slugs[::-1]


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "SHEETS_PER_PAGE", 2)


def test_where_nothing_hangs_it_is_an_invitation(client: Browser) -> None:
    assert "Nothing hangs here yet" in words(client.get("/gallery"))


def test_what_is_private_does_not_hang_there(client: Browser) -> None:
    written_sheet("Ada")
    assert shown(client) == []


def test_it_shows_how_a_sheet_begins_and_who_made_it(client: Browser) -> None:
    publish(written_sheet("Ada", "Ben"))
    page = words(client.get("/gallery"))
    assert "The frog of Skerry Point Once there was a frog." in page
    assert "Ada and Ben" in page


def test_pages_follow_one_another_while_more_is_published(
    client: Browser, pages_of_two: None
) -> None:
    before = hang(5)
    first = shown(client)
    older = link(client, "/gallery", "Older ones")
    assert older
    newest = hang(1)
    second = shown(client, older)
    oldest = link(client, older, "Older ones")
    assert oldest
    assert first + second + shown(client, oldest) == before
    assert link(client, oldest, "Older ones") is None
    assert shown(client)[:1] == newest


def test_a_page_that_ended_with_a_sheet_which_is_hidden_since_still_has_a_next(
    client: Browser, pages_of_two: None
) -> None:
    slugs = hang(3)
    older = link(client, "/gallery", "Older ones")
    assert older
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE sheets SET hidden_at = now() WHERE slug = %s", (slugs[1],)
        )
    assert shown(client, older) == [slugs[2]]


def test_somebody_looks_at_one_recipe(client: Browser) -> None:
    stories = hang(1)
    plans = hang(1, recipe="plan")
    assert shown(client, "/gallery?recipe=plan") == plans
    assert shown(client, "/gallery?recipe=story") == stories
    assert shown(client, "/gallery?recipe=unheard-of") == plans + stories


def test_what_came_since_is_told_and_not_shown(client: Browser) -> None:
    top = hang(1)[0]
    news = f"/gallery/news?since={top}"
    assert words(client.get(news)) == ""
    hang(1, recipe="plan")
    hang(1)
    assert words(client.get(news)) == "2 new: show them"
    assert words(client.get(f"{news}&recipe=plan")) == "1 new: show it"


def test_a_remix_is_a_round_of_the_same_recipe_that_begins_with_the_sheet(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = hang(1, recipe="plan")[0]
    (ben,) = visits(browser, sign_in_as, "Ben")
    make_user("Ben", credits=1000)
    answer = ben.send(slug, "remix")
    assert answer.status_code == 303
    page = words(ben.browser.get(answer.location))
    assert "Round 1: A plan" in page
    assert "After “The frog of Skerry Point”: Once there was a frog." in page
    (chiyo,) = visits(browser, sign_in_as, "Chiyo")
    make_user("Chiyo", credits=1000)
    chiyo.browser.submit(f"{answer.location}/join", page=answer.location)
    page = words(chiyo.browser.get(answer.location))
    assert "Round 1: A plan" in page
    assert "After “" not in page, "it is the first ingredient, and not everybody's"


def test_a_remix_waits_until_the_round_in_ones_room_is_over(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = hang(1, recipe="plan")[0]
    (ben,) = visits(browser, sign_in_as, "Ben")
    make_user("Ben", credits=1000)
    room = ben.browser.submit("/rooms").location
    # Nobody has put anything into it: it becomes the remix.
    assert ben.send(slug, "remix").location == room
    assert "Round 1: A plan" in words(ben.browser.get(room))
    ben.browser.submit(f"{room}/contribution", page=room, line="A walk.", round="1")
    assert ben.send(slug, "remix").status_code == 409


def test_a_sheet_says_what_it_is_a_remix_of_to_those_who_may_see_that(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    private, made_of_it = written_sheet("Ada"), written_sheet("Ada", text="Another frog.")
    publish(made_of_it)
    statement = text("""
        INSERT INTO remixes (round_id, sheet_id, begun_by)
        SELECT remix.round_id, s.id, (SELECT max(id) FROM users) FROM sheets s, sheets remix
        WHERE s.slug = :origin AND remix.slug = :remix
    """)
    db.session.execute(statement, {"origin": private, "remix": made_of_it})
    db.session.commit()
    (ada,) = visits(browser, sign_in_as, "Ada")
    assert "Remix of The frog of Skerry Point" in ada.page(made_of_it)
    assert "Remix of" not in Visit(browser()).page(made_of_it)
