// Rows by themselves: as the server wrote them into a page, and in place of one that is not here yet.

import { t } from "./texts.js";

/** Return the rows of a list by their indices. */
export function read(from) {
  return new Map([...from.children].map((row) => [Number(row.dataset.index), row]));
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
