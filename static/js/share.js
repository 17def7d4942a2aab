/* Buttons that share or print a page. Hidden where the browser can do neither. */

import { toast } from "./toast.js";
import { say } from "./words.js";

offer();
document.addEventListener("htmx:after:swap", offer);
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-print], [data-share]");
  if (button?.matches("[data-print]")) print();
  else if (button) share(button);
});

function offer() {
  const works = navigator.share ? "[data-print], [data-share]" : "[data-print]";
  for (const button of document.querySelectorAll(works)) button.hidden = false;
}

async function share(button) {
  const url = document.getElementById(button.dataset.share).textContent;
  try {
    await navigator.share({ title: document.title, url });
  } catch ({ name }) {
    // Otherwise somebody thought better of it.
    if (name !== "AbortError") toast(say("This could not be shared here. Copy the link instead."));
  }
}
