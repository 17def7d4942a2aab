/* Counts down what the server said was left, by this page's own clock: clocks differ. */

const TICK_MILLISECONDS = 250;

let counted = null;
let endsAt = 0;

setInterval(tick, TICK_MILLISECONDS);

function tick() {
  const node = document.querySelector("[data-closes-in]");
  if (!node) return;
  const now = performance.now();
  if (node !== counted) {
    counted = node;
    endsAt = now + 1000 * node.dataset.closesIn;
  }
  const seconds = String(Math.max(0, Math.ceil((endsAt - now) / 1000)));
  if (node.textContent !== seconds) node.textContent = seconds;
}
