// Whether everything is there that comes after the page: fonts, pictures, and what sockets say.
() => {
  const pictures = [...document.images].filter((image) => image.loading !== "lazy");
  const counts = [...document.querySelectorAll("[data-connection-count]")];
  const me = document.querySelector("[data-me]")?.dataset.me;
  const seat = me && document.querySelector(`.seat[data-user="${me}"] [data-presence]`);
  return (
    document.fonts.status === "loaded" &&
    pictures.every((image) => image.complete) &&
    counts.every((count) => count.textContent) &&
    (!seat || seat.textContent)
  );
}
