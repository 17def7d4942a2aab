/* Buttons that share or print a page. */

import { toast } from "./toast.js";
import { say } from "./words.js";

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-print], [data-share]");
  if (button?.matches("[data-print]")) print();
  else if (button) share(button);
});

async function share(button) {
  const url = document.getElementById(button.dataset.share).textContent;
  try {
    await navigator.share({ title: document.title, url });
  } catch ({ name }) {
    // Otherwise somebody thought better of it.
    if (name !== "AbortError") toast(say("This could not be shared here. Copy the link instead."));
  }
}
