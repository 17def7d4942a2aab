/* A round of an open room, as strangers see it while it is written. */

import { ask, everyone, onConnect } from "./socket.js";

const stage = document.querySelector(".stage");
const figure = stage.querySelector("[data-open-round]");
const text = figure.querySelector("[data-open-text]");
const lines = figure.querySelector("[data-open-lines]");
const blank = figure.querySelector("[data-open-line]").content.querySelector("li");
const ENDS = new Set(["done", "stopped", "failed"]);
const ASK_AGAIN_MILLISECONDS = 3000;
let id = null;
let piece = 0;

onConnect(everyone, watch);
everyone.on("open_round", ({ round }) => show(round));
everyone.on("open_text", (added) => {
  if (added.id !== id || added.piece <= piece) return;
  // Something is missing. A whole crowd may miss it, so each asks at another time.
  if (added.piece !== piece + 1) return setTimeout(watch, Math.random() * ASK_AGAIN_MILLISECONDS);
  piece = added.piece;
  follow(() => text.append(added.text));
});

async function watch() {
  const answer = await ask(everyone, "watch_open_round");
  if (answer.ok) show(answer.round);
}

function show(round) {
  // What is over stays for whoever reads it; what was taken back goes.
  if (!round && ENDS.has(figure.dataset.phase) && id !== null) return;
  stage.toggleAttribute("data-live", Boolean(round));
  if (!round) return clear();
  document.dispatchEvent(new Event("open-round"));
  ({ id, piece } = round);
  figure.dataset.phase = round.phase;
  figure.querySelector("[data-open-title]").textContent = round.title;
  text.ariaBusy = String(round.phase === "generating");
  follow(() => {
    lines.replaceChildren(...round.lines.map(drawn));
    if (round.html === null) text.replaceChildren(round.text);
    else text.replaceChildren(...new DOMParser().parseFromString(round.html, "text/html").body.childNodes);
    text.classList.toggle("sheet-done", round.html !== null);
  });
}

function clear() {
  id = null;
  lines.replaceChildren();
  text.replaceChildren();
}

function drawn({ initials, hue, text: words }) {
  const line = blank.cloneNode(true);
  line.classList.replace("hue-0", `hue-${hue}`);
  line.querySelector(".initials").textContent = initials;
  line.querySelector("p").textContent = words;
  return line;
}

/** Who reads at the end stays there; who has scrolled back is left alone. */
function follow(change) {
  const isAtEnd = figure.scrollHeight - figure.scrollTop - figure.clientHeight < 48;
  change();
  if (isAtEnd) figure.scrollTop = figure.scrollHeight;
}
