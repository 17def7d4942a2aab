"""Looks at a page in both widths and both schemes, and notes whatever is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.quality.house import House
from tests.browser.quality.pictures import Album
from tests.browser.quality.places import Place
from tests.stack import ROOT
from tests.visitors import COOKIE

HERE = Path(__file__).parent
READY, SETTLE, MEASURE = (
    (HERE / f"{name}.js").read_text() for name in ("ready", "settle", "measure")
)
AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# Only colours are others in the dark, and the rest would take as long as all of it.
RULES_OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
RUN_AXE = """async (runOnly) => {
    const isWhole = runOnly.type === "tag";
    const rules = isWhole ? { "target-size": { enabled: true } } : {};
    const options = { runOnly, rules, resultTypes: ["violations"], preload: false };
    const { violations } = await axe.run(document, options);
    return violations.map(({ id, help, nodes }) =>
        `${id} (${help}): ${nodes.map((node) => node.target.join(" ")).slice(0, 4).join("; ")}`);
}"""
SEND = """(fields) => {
    const form = document.createElement("form");
    const token = document.querySelector("[name=csrf_token]")?.value;
    form.method = "post";
    form.action = fields.action;
    for (const [name, value] of Object.entries({ csrf_token: token ?? "", ...fields.fields })) {
        const field = document.createElement("textarea");
        Object.assign(field, { name, value });
        form.append(field);
    }
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form);
}"""
# So that they can be made to say nothing more.
REMEMBER_SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...words) {
            super(...words);
            sockets.push(this);
        }
    };
"""
# All of the page at once: what sticks to the window's end would lie on it otherwise.
WHOLE_HEIGHT = "() => document.documentElement.scrollHeight"
OPEN = """() => {
    const kinds = "details:not([open]), dialog:not([open]), [popover]";
    // The list of keys is the same everywhere.
    const isOnceEnough = (each) => each.matches(".keys") && location.pathname !== "/account";
    const closed = [...document.querySelectorAll(kinds)].filter((each) => !isOnceEnough(each));
    for (const each of closed) {
        if (each.matches("details")) each.open = true;
        else if (each.matches("dialog")) each.showModal();
        else each.showPopover();
    }
    return closed.length;
}"""
WIDE, NARROW, NARROWEST = 1280, 360, 320
HEIGHT = 800
SCHEMES = ("light", "dark")
# WCAG 2.5.8 for everything, and a thumb's width for buttons.
TARGET_PX, BUTTON_PX = 24, 44
READY_MS = 15_000
# What is other words in every run, and the word that stands for it. Codes come first.
SAME_WORDS = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "0123"),
    (r"\b[0-9a-f]{16,64}\b", "0123456789abcdef"),
    (r"\b(pi|cs|re|ch|evt|req|chatcmpl|pm|cus)_\w+", "$1_0123456789"),
    (r"\b(localhost|127\.0\.0\.1):\d+", "localhost:8000"),
    (r"\d{1,2} [A-Z][a-z]{2,8} \d{4}(, \d\d:\d\d UTC)?", "26 Nov 2026$1"),
)


@dataclass
class Figures:
    """What was looked at, for `docs/quality.md`."""

    pages: int = 0
    pictures: int = 0
    axe_runs: int = 0
    violations: int = 0
    sideways: int = 0
    targets: int = 0

    def rows(self) -> dict[str, object]:
        """By their names there."""
        return {
            "Pages and states": self.pages,
            "Pictures compared": self.pictures,
            "Runs of axe": self.axe_runs,
            "Violations that axe found": self.violations,
            "Targets measured": f"{self.targets:,}",
            "Pages that scroll sideways": self.sideways,
        }


@dataclass
class Visits:
    """One window that goes to every place."""

    context: BrowserContext
    house: House
    album: Album
    figures: Figures = field(default_factory=Figures)

    def __post_init__(self) -> None:
        self.context.add_init_script(REMEMBER_SOCKETS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def visit(self, place: Place) -> list[str]:
        """Everything that is wrong there; empty where all is well."""
        self.complaints.clear()
        wrong: list[str] = []
        if place.before:
            place.before(self.house)
        try:
            wrong += self._go(place)
            self.figures.pages += 1
            self.page.evaluate(AXE.read_text())
            wrong += self._look(place.name, place)
            if self.page.evaluate(OPEN):
                wrong += self._look(f"{place.name}-open", place)
        finally:
            if place.after:
                place.after(self.house)
        refused = f"the server responded with a status of {place.status} "
        return wrong + [each for each in self.complaints if refused not in each]

    def _go(self, place: Place) -> Iterator[str]:
        self.context.clear_cookies()
        if place.who:
            token, url = self.house.person(place.who).token, self.house.stack.url
            self.context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
        self._resize(WIDE)
        path = place.path.format_map(self.house.paths)
        if place.form is None:
            answer = self.page.goto(path)
        else:
            self.page.goto("/credits" if place.who else "/sign-in")
            with self.page.expect_navigation() as navigation:
                self.page.evaluate(SEND, {"action": path, "fields": dict(place.form)})
            answer = navigation.value
        assert answer
        if answer.status != place.status:
            yield f"It answered {answer.status}, and not {place.status}."
        self.page.wait_for_function(READY, timeout=READY_MS)

    def _look(self, name: str, place: Place) -> Iterator[str]:
        self.page.evaluate(SETTLE, {"words": self._words(), "varies": place.varies})
        for width in (NARROWEST, NARROW, WIDE):
            self._resize(width)
            yield from (f"{width} px: {each}" for each in self._measure())
            if width == NARROWEST:
                continue
            self._resize(width, self.page.evaluate(WHOLE_HEIGHT))
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                rules = RULES if scheme == "light" else RULES_OF_COLOUR
                for each in self.page.evaluate(RUN_AXE, rules):
                    self.figures.violations += 1
                    yield f"{width} px, {scheme}: axe: {each}"
                self.figures.axe_runs += 1
                yield from self.album.take(self.page, f"{name}-{width}-{scheme}")
                self.figures.pictures += 1

    def _measure(self) -> Iterator[str]:
        found: Mapping[str, Any] = self.page.evaluate(
            MEASURE, {"target": TARGET_PX, "button": BUTTON_PX}
        )
        self.figures.targets += found["targets"]
        if found["sideways"]:
            self.figures.sideways += 1
            yield "It scrolls sideways: " + "; ".join(found["sideways"])
        yield from (f"Too small to hit: {each}" for each in found["small"])
        yield from (f"A button for fingers: {each}" for each in found["low"])

    def _resize(self, width: int, height: int = HEIGHT) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def _words(self) -> list[tuple[str, str]]:
        codes = "|".join(map(re.escape, self.house.codes)) or "no code"
        return [(rf"\b({codes})\b", "frogs2go"), *SAME_WORDS]

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)
