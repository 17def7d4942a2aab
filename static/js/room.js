/* A room, live: who is here, the round as it changes, the text as it is written. */

import "./clock.js";
import { isComposing } from "./composer.js";
import "./cost.js";
import "./more-below.js";
import { keepOwnLine } from "./own-line.js";
import "./place.js";
import { showPresence } from "./presence.js";
import { ask, members, onConnect } from "./socket.js";
import { adoptStream, catchUp, isEndInView, receive, shownText, startStream } from "./stream.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const POLL_MILLISECONDS = 3000;
const WORDS = {
  generating: say("The model has begun."),
  done: say("The round is finished."),
  failed: say("The round failed. Nobody was charged."),
  stopped: say("The round was stopped."),
};
const WORDS_OF_SHEET = {
  proposed: say("Somebody would like to make the sheet public."),
  public: say("Everybody agreed: the sheet is public."),
};

const { room: code, me, watching, seats } = document.querySelector("[data-room]").dataset;
const frame = document.getElementById("round-frame");
const isWatching = watching !== undefined;
let isGoing = false;
let shown = { ...round().dataset };
// The numbers of the newest presence and round; what a page brought has none.
const newest = { presence: -1, round: -1 };

startStream(enter);
adoptStream();
onConnect(members, enter);
members.on("presence", takePresence);
members.on("round", showRound);
members.on("delta", receive);
// Its page says what is left of it.
members.on("room_closed", () => location.reload());
members.on("notice", ({ code: reason, message }) => {
  const link = { href: "/credits", label: say("Top up") };
  toast(message, reason === "insufficient_credits" ? link : undefined);
  // Their line waits for what they do next, so they are asked even while they type.
  if (reason === "insufficient_credits") tell("composer-stale");
});
frame.addEventListener("htmx:after:swap", roundFetched);
// Leaves, or closes the room: what this page hears from here on is the next page's to show.
document.addEventListener("submit", ({ target }) => {
  isGoing ||= !target.hasAttribute("hx-post");
});
// Back again, as it was left.
addEventListener("pageshow", () => (isGoing = false));
// Pages are served while the sockets are down: then the round is asked for instead of told.
setInterval(() => {
  if (!members.connected && members.active && !document.hidden) tell("round-stale");
}, POLL_MILLISECONDS);

async function enter() {
  const before = shownText();
  const { generation, seq } = before;
  const answer = await ask(members, "enter_room", { code, last_seq: seq, generation });
  if (!members.connected) return;
  // A seat is free, and the page offers it.
  if (!answer.ok && isWatching) return location.assign(`/rooms/${code}`);
  if (!answer.ok) return toast(answer.error.message);
  const { host, members: seated } = answer.room;
  takePresence({ seq: answer.seq, here: answer.here, host, members: seated });
  if (answer.round) showRound(answer.round);
  if (answer.generation) catchUp(answer.generation, before);
}

function isNews(kind, seq) {
  if (seq <= newest[kind]) return false;
  newest[kind] = seq;
  return true;
}

function takePresence(presence) {
  if (!isNews("presence", presence.seq)) return;
  const isSeated = presence.members.some((member) => member.id === Number(me));
  // A seat was taken or given up, in this tab or another: /rooms knows where to go.
  if (isSeated === isWatching) location.assign("/rooms");
  // Whoever only watches is offered the seat that is free now.
  else if (isWatching && presence.members.length < Number(seats)) location.assign(`/rooms/${code}`);
  else drawPresence(presence);
}

function drawPresence(presence) {
  // What a round costs each depends on how many sit here, and some choices are the host's.
  if (showPresence(presence) && !isComposing()) tell("composer-stale");
}

function showRound({ seq, html }) {
  if (!isNews("round", seq)) return;
  // Parsed as a document of its own, so that nothing in it can run.
  const parsed = new DOMParser().parseFromString(html, "text/html").getElementById("round");
  if (parsed.isEqualNode(round())) return;
  const hadFocus = frame.contains(document.activeElement);
  const hasFollowed = isEndInView();
  frame.replaceChildren(parsed);
  // The one thing in it that somebody may be about to press.
  if (hadFocus) frame.querySelector(".sheet-way .button")?.focus({ preventScroll: true });
  roundChanged();
  // Whoever has read to the end sees what it cost, and where it leads.
  if (hasFollowed) frame.querySelector(".sheet-way")?.scrollIntoView({ block: "nearest" });
}

// Fetched while nobody told: it may be older or newer than what comes over the socket next.
function roundFetched() {
  newest.round = -1;
  roundChanged();
  if (members.connected) enter();
}

function roundChanged() {
  const before = shown;
  shown = { ...round().dataset };
  keepOwnLine();
  adoptStream();
  if (shown.number !== before.number) tell("earlier-stale");
  if (shown.phase !== before.phase) announce(WORDS[shown.phase] ?? "");
  else if (shown.sheet !== before.sheet) announce(WORDS_OF_SHEET[shown.sheet] ?? "");
  if (isWatching) return;
  const composer = document.getElementById("composer").dataset;
  const hasMoved = ["number", "phase", "public"].some((key) => composer[key] !== shown[key]);
  // Everybody waits for the host's word, so the host is asked even while they type.
  const decides = shown.host === me && composer.short !== shown.short;
  if (hasMoved || decides || !isComposing()) tell("composer-stale");
}

function round() {
  return document.getElementById("round");
}

function announce(words) {
  document.querySelector("[data-round-announcer]").textContent = words;
}

function tell(event) {
  if (!isGoing) document.body.dispatchEvent(new Event(event));
}
