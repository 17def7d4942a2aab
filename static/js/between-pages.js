/* Chromium gives up some transitions between pages, and reports each as an error of the page. The
next page is there all the same. It has to listen before anything is drawn, so it is no module. */

for (const moment of ["pageswap", "pagereveal"]) {
  addEventListener(moment, ({ viewTransition }) => {
    viewTransition?.ready.catch(() => {});
    viewTransition?.finished.catch(() => {});
  });
}
