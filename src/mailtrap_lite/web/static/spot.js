// Places in the list that stay those of their messages when mail comes and goes. It knows indices and ids, and no page.

let moved = 0; // by how many rows mail that came has moved the list down so far
let spot = { id: null, index: -1, left: false }; // where somebody was last; left: the row is gone, and index that of the next

/** Keep the row where somebody is, whatever happens to the list. */
export function remember(row) {
  spot = { id: row.dataset.id, index: Number(row.dataset.index), left: false };
}

/** Return where somebody was last. */
export function remembered() {
  return spot;
}

/** Return the place of a row, which stays that of its message when mail comes. */
export function bookmark(row) {
  return { id: row.dataset.id, index: Number(row.dataset.index) - moved };
}

/** Return the index that a bookmark has now. row: that of its message, if it is known. */
export function marked({ index }, row) {
  return row ? Number(row.dataset.index) : index + moved;
}

/** Go on in a newer list. before: the ids of the older one in their order; now: the indices of the newer one by id. */
export function follow(before, now, shift) {
  moved += shift;
  if (now.has(spot.id)) spot = { ...spot, index: now.get(spot.id), left: false };
  else if (before.includes(spot.id)) {
    const next = before.slice(before.indexOf(spot.id) + 1).find((id) => now.has(id));
    spot = { ...spot, index: next ? now.get(next) : Math.max(-1, ...now.values()) + 1, left: true };
  } else if (spot.left) spot = { ...spot, index: spot.index + shift };
}
