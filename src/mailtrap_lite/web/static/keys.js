// Reading mail from the keyboard.

import { backToList, remove } from "./actions.js";
import { mark, opened, visit } from "./page.js";

function go(step) {
  const links = [...document.querySelectorAll("#rows a")];
  const here = links.findIndex((link) => link.parentElement.dataset.id === opened());
  const next = here < 0 ? links[0] : links[here + step];
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  visit(next.href);
}

function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const target = event.target;
  if (target.closest("input, textarea, select")) return;
  if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "Delete" || event.key === "#") remove();
  else if (event.key === "Escape" && opened()) backToList();
  else if (event.key === "u" && opened()) mark(opened(), false).then(backToList);
}

export function listenToKeys() {
  document.addEventListener("keydown", onKey);
}
