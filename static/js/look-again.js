/* Lets a part of the page ask for its news every few seconds, for as long as somebody looks. */

const EVERY_MILLISECONDS = 5000;

setInterval(lookAgain, EVERY_MILLISECONDS);
document.addEventListener("visibilitychange", lookAgain);

function lookAgain() {
  if (!document.hidden) document.body.dispatchEvent(new Event("look-again"));
}
