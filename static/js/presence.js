/* Who sits in the room, and who looks at it now. */

let here = new Set();

document.addEventListener("htmx:after:swap", mark);

/** `here` are the ids of those who look, `members` who has a seat; true if those have changed. */
export function showPresence({ here: ids, members }) {
  here = new Set(ids);
  const isStale = haveChanged(members);
  if (isStale) document.body.dispatchEvent(new Event("seats-stale"));
  mark();
  return isStale;
}

function haveChanged(members) {
  const shown = [...document.querySelectorAll("#seats [data-user]")].map((seat) => seat.dataset.user);
  const now = members.map((member) => String(member.id));
  return now.join() !== shown.join();
}

function mark() {
  for (const seat of document.querySelectorAll("#seats [data-user]")) {
    const isHere = here.has(Number(seat.dataset.user));
    seat.classList.toggle("is-here", isHere);
    seat.querySelector("[data-presence]").textContent = isHere ? "here" : "away";
  }
}
