/* What a text costs as far as it is written: counted on, as the server would, while it grows. */

import { sayCount } from "./words.js";

const MILLION = 1_000_000;
const encoder = new TextEncoder();

document.addEventListener("text-grown", show);

function show() {
  const cost = document.querySelector("[data-cost-so-far]");
  if (!cost) return;
  const { inputMillionths, creditsPerMillion, bytesPerToken } = cost.dataset;
  const text = document.querySelector("[data-stream]").textContent;
  const tokens = Math.ceil(encoder.encode(text).length / bytesPerToken);
  const millionths = Number(inputMillionths) + tokens * creditsPerMillion;
  const credits = Math.max(1, Math.ceil(millionths / MILLION));
  cost.textContent = sayCount(credits, "About {count} credit so far", "About {count} credits so far");
}
