// On paper nothing can be opened: what a lesson imports is printed.
addEventListener("beforeprint", () => {
  document.querySelectorAll("details.above-input").forEach((fold) => { fold.open = true; });
});

// Without a pointer, the first tap on a word of the glossary shows what it means (the theme does
// that), and only the next one goes there.
let isShown = false;
document.addEventListener("pointerdown", (event) => {
  const word = event.target.closest("a.term");
  isShown = event.pointerType === "mouse" || !word || word.hasAttribute("aria-describedby");
}, true);
document.addEventListener("click", (event) => {
  if (!isShown && event.detail > 0 && event.target.closest("a.term")) event.preventDefault();
}, true);
