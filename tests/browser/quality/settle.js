// Whatever is another in every run becomes the same, and nothing moves any more.
async ({ words, varies }) => {
  // A page does without the font that came too late for it; no picture does.
  const { href } = document.querySelector("link[rel=preload][as=font]");
  document.fonts.add(await new FontFace("Instrument Serif", `url(${href})`).load());
  for (let id = setTimeout(() => {}, 0); id > 0; id -= 1) {
    clearTimeout(id);
    clearInterval(id);
  }
  for (const socket of window.sockets ?? []) socket.onmessage = null;
  const say = (selector, text) => {
    for (const element of document.querySelectorAll(selector)) element.textContent = text;
  };
  say("time", "26 Nov 2026, 20:15 UTC");
  say("[data-connection-count]", "3 people here now");
  say("[data-connection-count=short]", "3 here now");
  say("[data-closes-in]", "80");
  say("[data-wave]", "8");
  say("code[hx-ignore], .reference", "0123456789abcdef");
  // Somebody who looked a moment ago may still count as here.
  const { me, watching } = document.querySelector("[data-me]")?.dataset ?? {};
  for (const seat of document.querySelectorAll("#seats [data-user]")) {
    const isMe = seat.dataset.user === me;
    seat.classList.toggle("is-here", isMe);
    for (const word of seat.querySelectorAll("[data-presence]")) word.textContent = isMe ? "here" : "away";
  }
  say("[data-watchers]", "One more watches.");
  for (const line of document.querySelectorAll("[data-watchers]")) line.hidden = watching === undefined;
  for (const image of document.querySelectorAll("img[src*='invitation.svg']")) {
    image.style.visibility = "hidden";
  }
  const rules = words.map(([pattern, word]) => [new RegExp(pattern, "g"), word]);
  const settle = (root, more) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data } = texts.currentNode;
      const settled = more.reduce((text, [pattern, word]) => text.replace(pattern, word), data);
      if (settled !== data) texts.currentNode.data = settled;
    }
  };
  settle(document.body, rules);
  for (const part of varies ? document.querySelectorAll(varies) : []) {
    settle(part, [[/\d[\d.,:]*/g, "0"]]);
  }
}
