/* Says that the session is over, and stops the sockets that would knock in vain. */

import { closeAll, members, onConnect } from "./socket.js";
import { say } from "./words.js";

const WORDS = {
  signed_out: say("You are signed out. Nothing was lost."),
  session_expired: say("Your sign-in has run out. Nothing was lost."),
  banned: say("This account was closed by the operator."),
};

let hasConnected = false;

// The list on the account's page is another.
members.on("sessions", tellList);
onConnect(members, () => {
  // Whatever changed while nobody told us.
  if (hasConnected) tellList();
  hasConnected = true;
});
members.on("session_ended", ({ reason }) => end(reason));
members.on("connect_error", ({ data }) => {
  if (data?.code in WORDS) end(data.code);
});

function tellList() {
  document.body.dispatchEvent(new Event("sessions-stale"));
}

function end(reason) {
  closeAll();
  const bar = document.getElementById("session-bar");
  bar.querySelector("[data-session-bar-text]").textContent = WORDS[reason] ?? WORDS.signed_out;
  bar.hidden = false;
}
