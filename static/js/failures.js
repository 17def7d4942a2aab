/* What somebody did and the server did not must not look as if nothing had been done. */

import { toast } from "./toast.js";
import { say } from "./words.js";

const SIGN_IN = { href: "/sign-in", label: say("Sign in") };
const TOP_UP = { href: "/credits", label: say("Top up") };

document.addEventListener("htmx:error", ({ detail }) => {
  if (detail.ctx?.request?.method === "POST") {
    toast(
      say("That did not get through, and nothing was charged for it. Look whether you are online, and try again."),
    );
  }
});
// Refused, where the answer goes into no part of the page.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const isRefused = ctx.request.method === "POST" && ctx.response?.status >= 400;
  if (!isRefused || ctx.swap !== "none") return;
  toast(`${reasonOf(ctx.text)} ${say("Nothing was charged.")}`, linkFor(ctx.response.status));
});

/** Why something was refused, out of the answer that says so. */
export function reasonOf(html) {
  const answer = new DOMParser().parseFromString(html ?? "", "text/html");
  const reason = answer.querySelector(".error p")?.textContent.trim();
  return reason || say("Something broke on our side. Try again in a moment.");
}

function linkFor(status) {
  return { 401: SIGN_IN, 402: TOP_UP }[status];
}
