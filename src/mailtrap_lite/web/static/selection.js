// Which messages are chosen: by their boxes, with shift and ctrl, or all of a list, those that were never fetched too.
// "All" is up to the newest message of the moment: what comes later was not chosen.

import { post } from "./base.js";
import { find, reach, render, size as sizeOfList } from "./list.js";
import { here } from "./place.js";
import { bookmark, marked } from "./spot.js";
import { t } from "./texts.js";

let chosen = new Set(); // ids; those that are left out when all are chosen
let all = null; // the newest id that "all" knew, or null
let size = 0; // of the list when all were chosen
let gone = 0; // how many of those that were chosen are no longer there
let asked = 0;
let anchor = null; // where a range with shift begins: { at, on }

export function isChosen(id) {
  return (all !== null && Number(id) <= all) !== chosen.has(id);
}

function nominal() {
  return all === null ? chosen.size : size - chosen.size;
}

/** How many are chosen. */
export function count() {
  return Math.max(0, nominal() - gone);
}

/** Choose a message or not, and begin ranges there. */
export function choose(row, on = !isChosen(row.dataset.id)) {
  set(row.dataset.id, on);
  anchor = { at: bookmark(row), on };
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
  const begin = anchor ? Math.min(marked(anchor.at, find(anchor.at.id)), sizeOfList() - 1) : end;
  const on = anchor?.on ?? true;
  for (let index = Math.min(begin, end); index <= Math.max(begin, end); index += 1) {
    const one = await reach(index);
    if (one) set(one.dataset.id, on);
  }
  tell();
}

export function chooseAll(on = true) {
  chosen = new Set();
  all = on ? Number(document.getElementById("list-head").dataset.newest) : null;
  [size, gone, anchor] = [sizeOfList(), 0, null];
  asked += 1;
  tell();
}

/** Choose none. */
export function clear() {
  chooseAll(false);
}

/** Ask how many of those that are chosen are still there, after the list has changed, and say it. */
export async function recount() {
  tell();
  if (nominal() === 0) return;
  const mine = ++asked;
  const [before, { fields }] = [nominal(), taken()];
  fields.set("do", "count");
  const there = Number(await post(here("selection"), fields).catch(() => before - gone));
  if (mine !== asked) return;
  gone = before - there;
  tell();
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
  box.checked = number > 0 && number >= sizeOfList();
  box.indeterminate = number > 0 && number < sizeOfList();
  render();
}
