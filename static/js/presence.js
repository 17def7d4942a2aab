/* Who sits in the room, who looks at it now, and how many only watch. */

import { say, sayCount } from "./words.js";

let here = new Set();

document.addEventListener("htmx:after:swap", mark);

/** `here` are the ids of those who look, `members` who has a seat; true if those have changed. */
export function showPresence({ here: ids, members, host }) {
  here = new Set(ids);
  const isStale = haveChanged(members, host);
  if (isStale) document.body.dispatchEvent(new Event("seats-stale"));
  mark();
  return isStale;
}

function haveChanged(members, host) {
  const shown = seats().map((seat) => seat.dataset.user);
  const now = members.map((member) => String(member.id));
  const marked = document.querySelector("#seats [data-host]")?.dataset.user ?? null;
  return now.join() !== shown.join() || marked !== (host === null ? null : String(host));
}

function mark() {
  const seated = new Set();
  for (const seat of seats()) {
    const id = Number(seat.dataset.user);
    const isHere = here.has(id);
    seated.add(id);
    seat.classList.toggle("is-here", isHere);
    seat.querySelector("[data-presence]").textContent = isHere ? say("here") : say("away");
  }
  const watching = [...here].filter((id) => !seated.has(id)).length;
  const node = document.querySelector("[data-watchers]");
  // Asked for as the room was left: its page has no seats any more.
  if (!node) return;
  node.hidden = watching === 0;
  node.textContent = sayCount(watching, "One more watches.", "{count} more watch.");
}

function seats() {
  return [...document.querySelectorAll("#seats [data-user]")];
}
