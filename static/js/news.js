/* Says how many came since the page was drawn. They come onto it when somebody asks for them. */

const POLL_MILLISECONDS = 30_000;

for (const region of document.querySelectorAll("[data-news]")) {
  setInterval(() => document.hidden || ask(region), POLL_MILLISECONDS);
}

async function ask(region) {
  const answer = await fetch(region.dataset.news).catch(() => null);
  if (!answer?.ok) return;
  const told = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  // Said once, not every half minute.
  if (told.textContent.trim() !== region.textContent.trim()) region.replaceChildren(...told.childNodes);
}
