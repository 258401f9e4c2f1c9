// Going through the list a row at a time, also where rows are not fetched yet or about to be deleted, and where a row
// leaves because it was opened, as in a search for unread mail.

import { find, known, reach, reveal, size } from "./list.js";
import { opened } from "./page.js";
import { remember, remembered } from "./spot.js";
import { isPending } from "./deleting.js";

const focused = () => document.activeElement?.closest?.("#rows > li[data-id]");

/** Whether the row where somebody was has left the list, and nobody went elsewhere since. */
function isLeft() {
  const { id, index, left } = remembered();
  if (!left || (opened() && opened() !== id)) return false;
  return !focused() || Number(focused().dataset.index) === Math.min(index, size() - 1); // the focus goes on by itself
}

/** Return the index of the row that keys are about: the focused one, the open message's, else the last; -1 for none. */
export function current() {
  if (isLeft()) return Math.min(remembered().index, size() - 1);
  const row = focused() ?? (opened() && find(opened()));
  if (row) remember(row);
  return Math.min(remembered().index, size() - 1);
}

/** Return the row that keys are about, or null: also where the open message has no row, and nobody went elsewhere. */
export function currentRow() {
  if (isLeft() && opened()) return null;
  const row = known(current()) ?? null;
  return opened() && !focused() && row?.dataset.id !== opened() ? null : row; // never a message that nobody sees
}

/** Return the row that is a step further, or null at the end. */
export async function neighbour(step, from = null) {
  for (let index = from === null ? begin(step) : from + step; index >= 0 && index < size(); index += step) {
    const row = await reach(index);
    if (!row) return null;
    if (isPending(row.dataset.id)) continue;
    remember(row);
    reveal(index);
    return row;
  }
  return null;
}

function begin(step) {
  if (isLeft()) return remembered().index + (step > 0 ? 0 : step); // the next one has moved up
  const index = current();
  return index < 0 && step > 0 ? 0 : index + step;
}
