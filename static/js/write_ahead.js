/* A line written while one waits in the pool. This tab keeps it, and the room that comes has it. */

const KEY = "ahead";

const field = document.getElementById("ahead");
if (field) {
  field.closest("[data-write-ahead]").hidden = false;
  field.value = sessionStorage.getItem(KEY) ?? "";
  field.addEventListener("input", () => sessionStorage.setItem(KEY, field.value));
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
