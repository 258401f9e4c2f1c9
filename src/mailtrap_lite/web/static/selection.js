// Which messages are chosen: by their boxes, with shift and ctrl, or all of a list, those that were never fetched too.
// "All" is up to the newest message of the moment: what comes later was not chosen.

import { known, reach, render, size } from "./list.js";
import { t } from "./texts.js";

let chosen = new Set(); // ids; those that are left out when all are chosen
let all = null; // the newest id that "all" knew, or null
let anchor = -1; // the index where a range with shift begins

export function isChosen(id) {
  return (all !== null && Number(id) <= all) !== chosen.has(id);
}

export function count() {
  return all === null ? chosen.size : Math.max(0, size() - chosen.size);
}

/** Choose a message or not, and begin ranges there. */
export function choose(row, on = !isChosen(row.dataset.id)) {
  set(row.dataset.id, on);
  anchor = Number(row.dataset.index);
  tell();
}

function set(id, on) {
  if (isChosen(id) === on) return;
  if (chosen.has(id)) chosen.delete(id);
  else chosen.add(id);
}

/** Choose what lies between the last choice and a row. */
export async function chooseTo(row) {
  const end = Number(row.dataset.index);
  const begin = anchor < 0 ? end : anchor;
  const on = anchor < 0 || !known(begin) || isChosen(known(begin).dataset.id);
  for (let index = Math.min(begin, end); index <= Math.max(begin, end); index += 1) {
    const one = await reach(index);
    if (one) set(one.dataset.id, on);
  }
  tell();
}

export function chooseAll(on = true) {
  chosen = new Set();
  all = on ? Number(document.getElementById("list-head").dataset.newest) : null;
  anchor = -1;
  tell();
}

/** Forget the messages that are no longer there, and say how many are chosen. */
export function clear() {
  chooseAll(false);
}

/** Return the fields of a form that name what is chosen, and whether a message is among them. */
export function taken() {
  const fields = new URLSearchParams();
  if (all !== null) {
    fields.set("all", "yes");
    fields.set("upto", String(all));
  }
  for (const range of ranges([...chosen].map(Number))) fields.append("id", range);
  const [ids, upto] = [new Set(chosen), all];
  return { fields, count: count(), all: upto !== null && ids.size === 0, has: (id) => (upto !== null && Number(id) <= upto) !== ids.has(id) };
}

/** Return the fields of a form that name some messages. */
export function only(ids) {
  const fields = new URLSearchParams();
  for (const range of ranges(ids.map(Number))) fields.append("id", range);
  const known = new Set(ids.map(String));
  return { fields, count: known.size, all: false, has: (id) => known.has(id) };
}

function ranges(ids) {
  const found = [];
  for (const id of ids.sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && last[1] === id - 1) last[1] = id;
    else found.push([id, id]);
  }
  return found.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
}

/** Show in a row whether it is chosen. */
export function mark(row) {
  const box = row.querySelector("input.tick");
  if (!box) return;
  box.checked = isChosen(row.dataset.id);
  row.classList.toggle("chosen", box.checked);
}

/** Say what is chosen, in the bar above the list. */
export function tell() {
  const number = count();
  const bar = document.getElementById("acts");
  bar.classList.toggle("choosing", number > 0);
  document.getElementById("chosen").textContent = number ? t("chosen", { count: number.toLocaleString("en") }) : "";
  const box = document.getElementById("tick-all");
  box.checked = number > 0 && number >= size();
  box.indeterminate = number > 0 && number < size();
  render();
}
