/* A button that copies the text of the element it names. Hidden where it could not work. */

const SAID_MILLISECONDS = 2000;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    button.textContent = (await copied(source.textContent)) ? "Copied" : "Copy it by hand, please";
    setTimeout(() => (button.textContent = words), SAID_MILLISECONDS);
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
