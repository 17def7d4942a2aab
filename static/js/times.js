/* Times in the reader's own zone and manner; the server writes them out in its own. */

import { language } from "./words.js";

// Who reads the page in another language than the browser's reads times in it, too.
const manner = navigator.language.startsWith(language) ? undefined : language;
const format = new Intl.DateTimeFormat(manner, { dateStyle: "medium", timeStyle: "short" });

document.addEventListener("htmx:after:swap", show);
show();

function show() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}
