/* Says that the session is over, and stops the sockets that would knock in vain. */

import { closeAll, members } from "./socket.js";
import { say } from "./words.js";

const WORDS = {
  signed_out: say("You are signed out. Nothing was lost."),
  session_expired: say("Your sign-in has run out. Nothing was lost."),
  banned: say("This account was closed by the operator."),
};

members.on("session_ended", ({ reason }) => end(reason));
members.on("connect_error", ({ data }) => {
  if (data?.code in WORDS) end(data.code);
});

function end(reason) {
  closeAll();
  const bar = document.getElementById("session-bar");
  bar.querySelector("[data-session-bar-text]").textContent = WORDS[reason] ?? WORDS.signed_out;
  bar.hidden = false;
}
