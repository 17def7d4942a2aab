/* While a text is written, a button that leads to its end whoever has scrolled away from there. */

import { isEndBelow, showEnd } from "./stream.js";
import { say } from "./words.js";

const button = document.createElement("button");
button.type = "button";
button.className = "button more-below";
button.hidden = true;
const icon = document.createElement("span");
icon.className = "icon icon-down";
icon.setAttribute("aria-hidden", "true");
button.append(icon, say("More below"));
document.querySelector("[data-room]").append(button);

button.addEventListener("click", showEnd);
addEventListener("scroll", offer, { passive: true });
addEventListener("resize", offer, { passive: true });
document.addEventListener("text-grown", offer);
new MutationObserver(offer).observe(document.getElementById("round-frame"), { childList: true });

function offer() {
  button.hidden = !isEndBelow();
}
