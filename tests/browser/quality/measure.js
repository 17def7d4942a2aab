// What is wider than the window, what is too small to hit, and how much there is to hit.
({ target, button }) => {
  const name = (element) => {
    const { tagName, id, classList } = element;
    const words = (element.textContent || element.name || "").trim().replace(/\s+/g, " ");
    return [tagName.toLowerCase(), id && `#${id}`, ...[...classList].map((each) => `.${each}`)]
      .filter(Boolean)
      .join("") + ` “${words.slice(0, 40)}”`;
  };
  const root = document.documentElement;
  const sideways = [];
  if (root.scrollWidth > root.clientWidth) {
    sideways.push(`${root.scrollWidth} px of page in ${root.clientWidth} px`);
    for (const element of document.body.querySelectorAll("*")) {
      const { right, width } = element.getBoundingClientRect();
      if (width && right > root.clientWidth + 1) sideways.push(name(element));
    }
  }
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";
  const isSeen = (element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
    !element.closest(".visually-hidden, .skip-link, [aria-hidden=true]");
  const targets = [...document.querySelectorAll(controls)].filter(isSeen).map((element) => {
    const label = element.matches("input[type=checkbox], input[type=radio]") && element.closest("label");
    const box = (label || element).getBoundingClientRect();
    return { element, box, x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }).filter(({ box }) => box.width && box.height);
  // WCAG 2.5.8: a target in a sentence may be as small as the sentence is.
  const isInSentence = (element) =>
    getComputedStyle(element).display === "inline" &&
    element.parentElement.textContent.trim().length > element.textContent.trim().length;
  const isSmall = ({ box }) => box.width < target - 0.1 || box.height < target - 0.1;
  const distance = (one, other) => {
    const dx = Math.max(other.box.left - one.x, 0, one.x - other.box.right);
    const dy = Math.max(other.box.top - one.y, 0, one.y - other.box.bottom);
    return isSmall(other) ? Math.hypot(other.x - one.x, other.y - one.y) / 2 : Math.hypot(dx, dy);
  };
  // Or it has that much room to itself.
  const isCrowded = (one) =>
    targets.some((other) => other !== one && distance(one, other) < target / 2);
  const small = targets
    .filter((one) => isSmall(one) && !isInSentence(one.element) && isCrowded(one))
    .map(({ element, box }) => `${name(element)} is ${box.width.toFixed()}×${box.height.toFixed()}`);
  const low = targets
    .filter(({ element, box }) => element.matches(".button, button") && box.height < button - 0.5)
    .map(({ element, box }) => `${name(element)} is ${box.height.toFixed()} px high`);
  return { sideways: sideways.slice(0, 6), small, low, targets: targets.length };
}
