/* A short word in the corner, read out politely. */

const SHOWN_MILLISECONDS = 10_000;

/** `link` is `{href, label}`: where to go about it. */
export function toast(message, link) {
  const box = document.createElement("p");
  box.className = "toast";
  box.textContent = message;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.label;
    box.append(" ", anchor);
  }
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), SHOWN_MILLISECONDS);
}
