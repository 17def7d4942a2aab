/* What has to come before anything is drawn, so it is no module. */

// Buttons that share are there from the start, or never.
document.documentElement.toggleAttribute("data-can-share", Boolean(navigator.share));

// Chromium gives up some transitions between pages, and reports each as an error of the page. The
// next page is there all the same. What it gives up before that is shown, `pagereveal` doesn't know.
addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  if (reason instanceof DOMException && reason.message.startsWith("Transition was")) {
    event.preventDefault();
  }
});
