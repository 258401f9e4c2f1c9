// The keyboard: which command a key stands for, and where keys mean something else.

import { offered } from "./commands.js";
import { showPalette } from "./palette.js";

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) showPalette();
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const target = event.target;
  if (target.closest("input:not([type=checkbox]), textarea, select")) {
    if (event.key === "Escape") {
      target.blur();
      closeTagging();
    }
    return;
  }
  const command = find(event);
  if (!command?.run) return; // Enter on a link is the browser's
  event.preventDefault();
  command.run();
}

function closeTagging() {
  const tagging = document.getElementById("tagging");
  if (tagging) tagging.open = false;
}

function find(event) {
  const isInList = event.target === document.body || event.target.closest("#list") !== null;
  return offered().find(
    (command) =>
      !command.control &&
      command.keys.includes(event.key) &&
      (!command.inList || isInList) &&
      (!event.key.startsWith("Arrow") || Boolean(command.shift) === event.shiftKey),
  );
}

export function listenToKeys() {
  document.addEventListener("keydown", onKey);
}
