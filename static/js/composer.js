/* Keeps what somebody types: through a reload, a change of phase, a fragment that comes late. */

const WARN_CHARACTERS = 60;

let hadFocus = false;

document.addEventListener("input", ({ target }) => {
  if (target.dataset.draft) {
    sessionStorage.setItem(key(target), target.value);
    count(target);
  }
});
document.addEventListener("htmx:before:swap", () => {
  hadFocus = Boolean(document.activeElement?.closest("#composer"));
});
document.addEventListener("htmx:after:swap", prepare);
prepare();

/** Whether the composer holds something that is not sent yet: words, or a choice. */
export function isComposing() {
  const field = document.querySelector("#composer textarea");
  if (field && (document.activeElement === field || field.value !== field.defaultValue)) return true;
  const ticked = [...document.querySelectorAll("#composer input")];
  return ticked.some((choice) => choice.checked !== choice.defaultChecked);
}

function prepare() {
  const field = document.querySelector("[data-draft]");
  if (field && !field.value) field.value = sessionStorage.getItem(key(field)) ?? "";
  if (field?.defaultValue) sessionStorage.removeItem(key(field));
  if (field) count(field);
  if (hadFocus && document.activeElement === document.body) {
    document.getElementById("composer").focus({ preventScroll: true });
  }
  hadFocus = false;
}

function key(field) {
  return `draft:${field.dataset.draft}`;
}

function count(field) {
  const left = field.maxLength - field.value.length;
  const output = field.form.querySelector("[data-characters-left]");
  output.textContent = left <= WARN_CHARACTERS ? `${left} characters left.` : "";
}
