/* Buttons that share or print a page. Hidden where the browser can do neither. */

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

if (navigator.share) {
  for (const button of document.querySelectorAll("[data-share]")) {
    button.hidden = false;
    button.addEventListener("click", () => share(button));
  }
}

async function share(button) {
  const url = document.getElementById(button.dataset.share).textContent;
  try {
    await navigator.share({ title: document.title, url });
  } catch {
    // Thought better of it.
  }
}
