/* Buttons that share or print a page. Hidden where the browser can do neither. */

offer();
document.addEventListener("htmx:after:swap", offer);
document.addEventListener("click", ({ target }) => {
  if (target.matches("[data-print]")) print();
  else if (target.matches("[data-share]")) share(target);
});

function offer() {
  const works = navigator.share ? "[data-print], [data-share]" : "[data-print]";
  for (const button of document.querySelectorAll(works)) button.hidden = false;
}

async function share(button) {
  const url = document.getElementById(button.dataset.share).textContent;
  try {
    await navigator.share({ title: document.title, url });
  } catch {
    // Thought better of it.
  }
}
