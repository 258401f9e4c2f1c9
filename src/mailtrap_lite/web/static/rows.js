// Rows by themselves: as the server wrote them into a page, and in place of one that is not here yet.

import { t } from "./texts.js";

// What is another for the same message: its place, whether it is open, and how its time is told.
const VARIES = / (?:data-index|aria-posinset|aria-setsize|aria-current)="\w+"|<time.*?<\/time>/gs;

const written = new WeakMap(); // from a row to how the server wrote it, but for what varies

/** Return the rows of a list by their indices. */
export function read(from) {
  const rows = new Map([...from.children].map((row) => [Number(row.dataset.index), row]));
  for (const row of rows.values()) written.set(row, row.outerHTML.replaceAll(VARIES, ""));
  return rows;
}

/** Return rows in the order of their indices; of two with one index the newer one. */
export function inOrder(older, newer) {
  return [...new Map([...older, ...newer])].sort(([a], [b]) => a - b).map(([, row]) => row);
}

/** Return the indices of rows by the ids of their messages; of two of one message that of the newer one. */
export function places(older, newer) {
  return new Map([...older, ...newer].map(([index, row]) => [row.dataset.id, index]));
}

/** Keep the rows of before that are the same as newer ones, so that the browser need not lay them out again. */
export function reuse(newer, before) {
  const byId = new Map(before.map((row) => [row.dataset.id, row]));
  for (const [index, row] of newer) {
    const old = byId.get(row.dataset.id);
    if (!old || !isSame(old, row)) continue;
    old.dataset.index = String(index);
    old.classList.remove("arrived");
    newer.set(index, old);
  }
}

function isSame(row, newer) {
  return written.get(row) === written.get(newer) && row.classList.contains("unread") === newer.classList.contains("unread");
}

/** Return what is shown until a row is here. */
export function placeholder() {
  const row = document.createElement("li");
  row.classList.add("row", "loading");
  const says = document.createElement("span");
  says.className = "unseen";
  says.textContent = t("loading");
  row.append(says);
  return row;
}
