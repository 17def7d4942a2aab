/* Times in the reader's own zone and manner; the server writes them out in its own. */

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

document.addEventListener("htmx:after:swap", show);
show();

function show() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}
