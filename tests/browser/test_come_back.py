"""A process that ends tells its pages when to come back, and they come back to the next one."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.live.beside import process_beside
from tests.stack import STOP_SECONDS_MAX, Stack
from tests.visitors import COOKIE, Visitor

# Pages alone, so that only the process beside it carries sockets.
STACK_ENV = {"POTLUCK_ROLE": "web"}
# Without being told they would all be back within a second and a half.
WINDOWS = 6
BACK_WITHIN_MS = 20_000
# The client comes back up to half sooner or later than it was told.
JITTER = 0.5
# A browser whose stream isn't ended after its goodbye waits two seconds.
CLOSED_WITHIN_SECONDS = 1.8
# What a browser itself says where nobody answers.
OF_THE_NETWORK = "net::ERR_CONNECTION"
# Every knock at the server, and what was said before it closed, on the clock of the page.
NOTE = """
    window.knocks = [];
    window.goodbyes = [];
    window.WebSocket = class extends WebSocket {
        constructor(...words) {
            super(...words);
            knocks.push(performance.now() / 1000);
            this.addEventListener("message", ({ data }) => {
                if (!data.includes('["come_back"')) return;
                const [, { seconds }] = JSON.parse(data.slice(data.indexOf("[")));
                const told = performance.now() / 1000;
                this.addEventListener("close", () => {
                    goodbyes.push({ told, at: performance.now() / 1000, seconds });
                });
            });
        }
    };
"""


class Window:
    """A member's page, and whatever its console complains of."""

    def __init__(self, chromium: Browser, *, url: str, token: str) -> None:
        self.complaints: list[str] = []
        self.context = chromium.new_context(base_url=url)
        self.context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
        self.page: Page = self.context.new_page()
        self.page.add_init_script(NOTE)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type in {"error", "warning"} and OF_THE_NETWORK not in message.text
                else None
            ),
        )
        self.page.goto("/credits")

    def see_people(self, people: int) -> None:
        count = self.page.locator("[data-connection-count]")
        expect(count).to_have_text(f"{people} here now", timeout=BACK_WITHIN_MS)

    def see_that_it_waited(self) -> None:
        """As long as it was told to, from when it was closed until it knocked again."""
        told, knocks = self.page.evaluate("[goodbyes, knocks]")
        # Each namespace is told, on the one connection.
        assert len(told) == 2
        assert told[0]["at"] - told[0]["told"] < CLOSED_WITHIN_SECONDS
        first = next(at for at in knocks if at > told[0]["at"])
        assert first - told[0]["at"] >= JITTER * told[0]["seconds"]


@pytest.fixture
def token(stack: Stack) -> Iterator[str]:
    ada = Visitor(stack.url).sign_in("ada")
    yield ada.token
    ada.leave()


def test_pages_come_back_by_themselves_when_the_next_process_takes_over(
    chromium: Browser, stack: Stack, token: str
) -> None:
    with process_beside(stack, POTLUCK_ROLE="live") as first:
        windows = [Window(chromium, url=first.url, token=token) for _ in range(WINDOWS)]
        for window in windows:
            window.see_people(1)
            # A page that is loaded again forgets it.
            window.page.evaluate("window.isTheSame = true")
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(STOP_SECONDS_MAX) == 0
    with process_beside(stack, POTLUCK_ROLE="live", PORT=str(first.port)) as second:
        stranger = second.visit()
        stranger.connect("/")
        for window in windows:
            window.see_people(2)
            expect(window.page.locator("[data-connection-status='live']")).to_be_visible()
            window.see_that_it_waited()
            assert window.page.evaluate("window.isTheSame")
            assert window.complaints == []
            window.context.close()
        stranger.leave()
