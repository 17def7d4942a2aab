"""From the landing page to a public sheet, by two people whom nobody told how.

`docs/tour.md` shows the pictures that this takes where `TOUR_PICTURES` names a folder for them.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.steps import assert_clean_audit
from tests.browser.strangers import Album, Stranger, WithoutMouse
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

PICTURES = os.environ.get("TOUR_PICTURES")
# Another may be slower, and never writes the same twice.
STACK_ENV = {"SANDBOX_MODEL": os.environ.get("TOUR_MODEL", "scripted-story")}

SOME_WORDS = re.compile(r"(\S+\s+){40}")
PRESSES_OF_HOST_MAX, PRESSES_OF_GUEST_MAX = 10, 9
WRITING_SECONDS = 90


def test_two_strangers_are_at_a_public_sheet_in_a_few_clicks(
    open_page: OpenPage, stack: Stack, tmp_path: Path
) -> None:
    album = Album(Path(PICTURES) if PICTURES else tmp_path)
    host = Stranger(open_page(), stack.url)
    guest = Stranger(_telephone(open_page(width=360, dark=True)), stack.url)
    began = time.monotonic()
    _to_a_room(host, "Chiyo Tanaka", album)
    _to_the_same_room(guest, "Ben Castillo", _invitation(host), album)
    expect(host.page.locator("#seats")).to_contain_text("Ben Castillo")
    expect(host.page.locator("#invite")).not_to_have_attribute("open", "")
    _write_together(host, guest, album)
    address = _propose(host)
    # Told in the room, where nobody looks at the sheet yet.
    guest.see("Somebody would like to make its sheet public. 1 of 2 agreed")
    guest.page.get_by_role("link", name="To its sheet").scroll_into_view_if_needed()
    album.take(guest, "proposal")
    _agree(guest)
    host.see("so it is public")
    seconds = time.monotonic() - began - album.seconds
    _read_as_anybody(Stranger(open_page(), stack.url), address, album)
    assert len(album.taken) == len(set(album.taken)) == 10
    assert host.presses <= PRESSES_OF_HOST_MAX
    assert guest.presses <= PRESSES_OF_GUEST_MAX
    assert host.fields == guest.fields == 1
    assert_clean_audit(stack)
    sys.stdout.write(f"{seconds:.0f} s, {host.presses} and {guest.presses} presses, a line each\n")


def test_the_same_way_by_keyboard_alone(open_page: OpenPage, stack: Stack, tmp_path: Path) -> None:
    album = Album(tmp_path)
    host, guest = (WithoutMouse(open_page(), stack.url) for _ in range(2))
    _to_a_room(host, "Dara Lindqvist", album)
    _to_the_same_room(guest, "Ada Okafor", _invitation(host), album)
    _write_together(host, guest, album)
    address = _propose(host)
    guest.see("1 of 2 agreed")
    _agree(guest)
    host.see("so it is public")
    _read_as_anybody(WithoutMouse(open_page(), stack.url), address, album)
    _sign_out(host)


def test_the_same_way_without_scripts(open_page: OpenPage, stack: Stack, tmp_path: Path) -> None:
    album = Album(tmp_path)
    host, guest = (Stranger(open_page(javascript=False), stack.url) for _ in range(2))
    _to_a_room(host, "eve@example.com", album)
    _to_the_same_room(guest, "finn@example.com", _invitation(host), album)
    _write_together(host, guest, album)
    address = _propose(host)
    _agree(guest)
    # The page looks again by itself.
    host.see("so it is public")
    _read_as_anybody(Stranger(open_page(javascript=False), stack.url), address, album)
    _sign_out(host)
    assert host.presses <= PRESSES_OF_HOST_MAX
    assert guest.presses <= PRESSES_OF_GUEST_MAX


def _to_a_room(host: Stranger, who: str, album: Album) -> None:
    host.page.goto("/")
    host.see("Everyone brings a line")
    album.take(host, "landing")
    # There is one provider, so nobody has to choose it.
    host.press("Sign in and play")
    _say_who(host, who)
    host.see("You need credits first")
    album.take(host, "credits")
    _buy(host, "Back to the pool")
    host.activate(host.page.get_by_role("link", name="Potluck", exact=True))
    host.see("Bring your own people")
    host.press("Open a room")
    host.see("Send this link")
    album.take(host, "invitation")


def _to_the_same_room(guest: Stranger, who: str, link: str, album: Album) -> None:
    guest.page.goto(link)
    guest.see("You are invited to a room")
    _sign_in(guest, who)
    guest.see("invites you to make something together")
    album.take(guest, "invited")
    guest.press("Join this room")
    guest.see("You need credits for this round")
    _buy(guest)


def _write_together(host: Stranger, guest: Stranger, album: Album) -> None:
    host.write("Your line", "A lighthouse keeper who is afraid of the dark.")
    host.press("Add your line")
    host.see("1 of 2 lines are in")
    guest.see("Your line")
    guest.write("Your line", "The supply boat brings the wrong crate.")
    album.take(guest, "line")
    guest.press("Add your line")
    stream = host.page.locator("[data-stream]")
    expect(stream).to_have_text(SOME_WORDS, timeout=1_000 * WRITING_SECONDS)
    album.take(host, "stream")
    for stranger in (host, guest):
        stranger.see("This round cost", seconds=WRITING_SECONDS)
        # What was sent is not to be sent again.
        expect(stranger.page.get_by_label("Your next line")).to_have_value("")
    album.take(host, "bill")


def _propose(host: Stranger) -> str:
    """The address of the sheet that one of them would like to be public."""
    host.press("To its sheet")
    host.see("Only those who were in the room")
    host.press("Propose to make it public")
    host.see("1 of 2 agreed so far")
    return host.page.url


def _agree(guest: Stranger) -> None:
    guest.press("To its sheet")
    guest.see("1 of 2 agreed so far")
    guest.press("Agree")
    guest.see("so it is public")


def _read_as_anybody(reader: Stranger, address: str, album: Album) -> None:
    reader.page.goto(address)
    reader.see("A lighthouse keeper who is afraid of the dark.")
    reader.see("The supply boat brings the wrong crate.")
    title = reader.page.get_by_role("heading", level=1).inner_text()
    album.take(reader, "sheet")
    reader.activate(reader.page.get_by_role("link", name="More that rooms have made"))
    expect(reader.page.locator(".sheet-card").first).to_contain_text(title)
    album.take(reader, "gallery")


def _sign_in(stranger: Stranger, who: str) -> None:
    stranger.press("Continue with Sandbox")
    _say_who(stranger, who)


def _say_who(stranger: Stranger, who: str) -> None:
    """On the provider's page."""
    if "@" in who:
        stranger.page.get_by_text("Somebody whose address").click()
        stranger.page.get_by_label("Email address").fill(who)
        stranger.press("Continue")
    else:
        stranger.press(re.compile(who))
    expect(stranger.page.locator("#credit-badge")).to_be_visible()


def _sign_out(stranger: Stranger) -> None:
    stranger.activate(stranger.page.get_by_role("button", name="Sign out"))
    expect(stranger.page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    expect(stranger.page.locator("#credit-badge")).to_have_count(0)


def _buy(stranger: Stranger, way_back: str = "Back to your room") -> None:
    stranger.press(re.compile("Buy 2,000 credits"))
    stranger.press(re.compile("4242 4242"))
    stranger.see("2,000 credits are yours", seconds=WRITING_SECONDS)
    stranger.press(way_back)


def _invitation(host: Stranger) -> str:
    """The link as it stands in their room, and goes to a friend by whatever they have."""
    return host.page.locator("#invite-link").inner_text()


def _telephone(page: Page) -> Page:
    page.set_viewport_size({"width": 360, "height": 740})
    return page
