/* A button that copies the text of the element it names. Hidden where it could not work. */

const SAID_MILLISECONDS = 2000;

if (navigator.clipboard) {
  offer();
  document.addEventListener("htmx:after:swap", offer);
  document.addEventListener("click", ({ target }) => target.matches("[data-copy]") && copy(target));
}

function offer() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

async function copy(button) {
  const words = (button.dataset.words ??= button.textContent);
  const source = document.getElementById(button.dataset.copy);
  button.textContent = (await copied(source.textContent)) ? "Copied" : "Copy it by hand, please";
  setTimeout(() => (button.textContent = words), SAID_MILLISECONDS);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
