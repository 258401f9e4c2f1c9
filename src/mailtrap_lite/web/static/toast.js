// The line at the lower edge that says what was just done, and may offer a way back. It knows no mail.

const TIME = 8000; // milliseconds to read it, or to change one's mind in

let timer = 0;
let undoes = null; // what the button does
let follows = null; // what happens when the time is over

const box = () => document.getElementById("toast");

/** Say something for a while; what was said before is over. undo: what its button does. then: called when it is over. */
export function say(text, { undo = null, then = null } = {}) {
  settle();
  document.getElementById("toast-says").textContent = text;
  document.getElementById("toast-undo").hidden = !undo;
  [undoes, follows] = [undo, then];
  box().hidden = false;
  wait();
}

/** End what is said now, as if its time were over. */
export function settle() {
  const then = follows;
  close();
  then?.();
}

/** Take it away; nothing follows. */
export function close() {
  clearTimeout(timer);
  [undoes, follows] = [null, null];
  if (box().contains(document.activeElement)) document.getElementById("message")?.focus({ preventScroll: true });
  box().hidden = true;
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(settle, TIME);
}

export function listen() {
  document.getElementById("toast-undo").addEventListener("click", () => undoes?.());
  // Whoever reads or reaches the offer gets the time for it (WCAG 2.2.1).
  for (const name of ["pointerenter", "focusin"]) box().addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) box().addEventListener(name, () => box().hidden || wait());
}
