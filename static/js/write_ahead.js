/* A line written while one waits in the pool. This tab keeps it, and the room that comes has it. */

const KEY = "ahead";

offer();
document.addEventListener("htmx:after:swap", offer);
document.addEventListener("input", ({ target }) => {
  if (target.id === "ahead") sessionStorage.setItem(KEY, target.value);
});

function offer() {
  const field = document.getElementById("ahead");
  if (field) field.value ||= sessionStorage.getItem(KEY) ?? "";
}

/** Puts it into the room's field, unless something stands there; once. */
export function takeAhead(line) {
  const ahead = sessionStorage.getItem(KEY);
  if (!line || !ahead) return;
  sessionStorage.removeItem(KEY);
  if (line.value) return;
  line.value = ahead.slice(0, line.maxLength);
  // As if it had been typed here, so that it is kept as a draft.
  line.dispatchEvent(new Event("input", { bubbles: true }));
}
