// Going through the list a row at a time, also where rows are not fetched yet or about to be deleted.

import { find, known, reach, reveal, size } from "./list.js";
import { opened } from "./page.js";
import { isPending } from "./deleting.js";

let last = -1; // the index where somebody was last

/** Return the index of the row that keys are about: the focused one, the open message's, else the last; -1 for none. */
export function current() {
  const focused = document.activeElement?.closest?.("#rows > li");
  const row = focused ?? (opened() && find(opened()));
  if (row) last = Number(row.dataset.index);
  return row ? last : Math.min(last, size() - 1);
}

/** Return the row that keys are about, or null. */
export function currentRow() {
  return known(current()) ?? null;
}

/** Return the row that is a step further, or null at the end. */
export async function neighbour(step, from = current()) {
  for (let index = from < 0 ? (step > 0 ? 0 : -1) : from + step; index >= 0 && index < size(); index += step) {
    const row = await reach(index);
    if (!row) return null;
    if (isPending(row.dataset.id)) continue;
    last = index;
    reveal(index);
    return row;
  }
  return null;
}
