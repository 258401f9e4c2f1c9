// The list as a window: of a hundred thousand rows only those that can be seen are in the page. Rows are fetched a
// chunk at a time, behind the spot of the nearest row above that is known, so that mail that comes shifts nothing.

import { load } from "./base.js";
import { here } from "./place.js";
import { inOrder, placeholder, places, read, reuse } from "./rows.js";
import { follow } from "./spot.js";
import { tell } from "./times.js";

const CHUNK = 50;
const AROUND = 8; // rows beyond the edges that are in the page all the same
const MOST_KEPT = 600; // rows that were fetched and are not shown

let scroller = null;
let list = null;
let of = 0; // how many the whole list has
let height = 0; // of one row
let rows = new Map(); // from the index in the list to the row
let stale = new Map(); // shown until the rows of a newer list are here
let hidden = []; // indices of what is about to be deleted, ascending
let isGone = () => false;
let goneOf = null; // how many are gone where it is all that there was, also what was never fetched
let tried = new Set(); // chunks that were fetched
let generation = 0;
let busy = false;
let decorate = () => {};

/** Begin with the rows that the server wrote into the page. each: is called with every row that is shown. */
export function adopt(each = decorate) {
  decorate = each;
  scroller = document.getElementById("scroller");
  list = document.getElementById("rows");
  generation += 1;
  stale = new Map();
  tried = new Set();
  of = Number(list.dataset.of);
  rows = read(list);
  for (const row of rows.values()) tell(row);
  list.classList.add("windowed");
  measure();
  count();
  scroller.scrollTop = Number(list.dataset.start) * height;
  scroller.addEventListener("scroll", () => requestAnimationFrame(render), { passive: true });
  render();
}

/** Take a newer page of the same list; what is looked at stays where it is. */
export function renew(page) {
  const fresh = read(page.getElementById("rows"));
  const was = known(0)?.dataset.id;
  const found = was && [...fresh].find(([, row]) => row.dataset.id === was);
  const newOf = Number(page.getElementById("rows").dataset.of);
  const shift = found ? found[0] : Math.max(0, newOf - of);
  const newest = Math.max(0, ...[...rows.values(), ...stale.values()].map((row) => Number(row.dataset.id)));
  const shownBefore = inOrder(stale, rows);
  const before = shownBefore.map((row) => row.dataset.id);
  reuse(fresh, shownBefore);
  const kept = new Set(fresh.values()); // may stand elsewhere now
  stale = new Map([...stale, ...rows].map(([index, row]) => [index + shift, row]).filter(([index, row]) => index < newOf && !fresh.has(index) && !kept.has(row)));
  for (const [index, row] of stale) row.dataset.index = String(index);
  rows = fresh;
  of = newOf;
  follow(before, places(stale, rows), shift);
  tried = new Set([0]);
  generation += 1;
  const atTop = scroller.scrollTop < height / 2;
  for (const row of rows.values()) {
    tell(row);
    if (atTop && Number(row.dataset.id) > newest) row.classList.add("arrived");
  }
  measure();
  count();
  if (!atTop && shift) scroller.scrollTop += shift * height;
  render();
}

/** Return the row at an index, if it is known. */
export function known(index) {
  return rows.get(index) ?? stale.get(index);
}

function measure() {
  const first = rows.values().next().value;
  if (!first) return;
  if (!first.isConnected) list.append(document.adoptNode(first));
  height = first.getBoundingClientRect().height || height || 72;
}

/** Hide the rows of which a test says that they are gone; all: these are all that there are now, fetched or not. */
export function hide(test, { all = false } = {}) {
  isGone = test;
  goneOf = all ? of : null;
  count();
  render();
}

function count() {
  const gone = [];
  for (const [index, row] of new Map([...stale, ...rows])) if (isGone(row.dataset.id)) gone.push(index);
  hidden = gone.sort((a, b) => a - b);
}

/** How many the whole list has. */
export function size() {
  return of;
}

/** How many rows can be seen by scrolling. */
export function shown() {
  if (goneOf === null) return Math.max(0, of - hidden.length);
  const newer = new Set([...stale.keys(), ...rows.keys()]).size - hidden.length;
  return Math.max(newer, of - goneOf); // mail that came since
}

function indexAt(position) {
  let index = position;
  for (const gone of hidden) {
    if (gone > index) break;
    index += 1;
  }
  return index;
}

function positionOf(index) {
  return index - hidden.filter((gone) => gone < index).length;
}

/** Bring the page in line with where the list is scrolled to. */
export function render() {
  if (!list?.isConnected || !height) return;
  list.style.height = `${shown() * height}px`;
  const { first, last } = inView();
  const wanted = new Map();
  for (let position = first; position < last; position += 1) {
    const index = indexAt(position);
    const row = known(index) ?? placeholder();
    row.dataset.index = String(index);
    row.setAttribute("aria-posinset", String(index + 1));
    row.style.top = `${position * height}px`;
    wanted.set(index, row);
  }
  const focused = document.activeElement?.closest?.("#rows > li");
  const index = Number(focused?.dataset.index);
  if (focused && known(index) === focused && !isGone(focused.dataset.id)) {
    wanted.set(index, focused); // what has the focus is not taken away by scrolling
  }
  place([...wanted].sort(([a], [b]) => a - b).map(([, row]) => row), focused);
  if (rows.size + stale.size > MOST_KEPT) trim(first, last);
  fill(first, last);
}

function inView() {
  const first = Math.max(0, Math.floor(scroller.scrollTop / height) - AROUND);
  const last = Math.min(shown(), Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + AROUND);
  return { first, last };
}

function place(wanted, focused) {
  const kept = new Set(wanted);
  const before = [...list.children];
  const at = before.indexOf(focused);
  for (const row of [...list.children]) if (!kept.has(row)) row.remove();
  wanted.forEach((row, number) => {
    if (list.children[number] !== row) list.insertBefore(row, list.children[number] ?? null);
    row.setAttribute("aria-setsize", String(of));
    decorate(row);
  });
  if (!focused || focused.isConnected) return;
  const same = find(focused.dataset.id);
  const behind = before.slice(at + 1).map((row) => row.dataset.id && find(row.dataset.id)).find((row) => row?.isConnected);
  const next = same?.isConnected ? same : (behind ?? list.children[Math.min(at, list.children.length - 1)]);
  next?.querySelector("a")?.focus({ preventScroll: true });
}

function trim(first, last) {
  const near = (index) => index >= first - 3 * CHUNK && index <= last + 3 * CHUNK;
  const pruned = (map) => new Map([...map].filter(([index, row]) => index < CHUNK || near(index) || isGone(row.dataset.id)));
  rows = pruned(rows);
  stale = pruned(stale);
  tried = new Set([...tried].filter(near));
}

async function fill(first, last) {
  if (busy) return;
  for (let position = first; position < last; position += 1) {
    const start = Math.floor(indexAt(position) / CHUNK) * CHUNK;
    if (rows.has(indexAt(position)) || tried.has(start)) continue;
    if (await fetchChunk(start)) render();
    return;
  }
}

/** Fetch the chunk that begins at an index; return whether it came. */
async function fetchChunk(start) {
  const mine = generation;
  const behind = Math.max(-1, ...[...rows.keys()].filter((index) => index < start));
  const spot = behind < 0 ? {} : { behind: rows.get(behind).dataset.spot, skip: start - behind - 1 };
  busy = true;
  try {
    const page = await load(here("rows", { start, ...spot }), "list");
    if (mine !== generation) return true; // of an older list: ask again
    const there = page.getElementById("rows");
    of = Number(there.dataset.of);
    tried.add(start);
    const before = inOrder(stale, rows).map((row) => row.dataset.id);
    const fresh = read(there);
    const ids = new Set([...fresh.values()].map((row) => row.dataset.id));
    for (const [index, row] of fresh) {
      tell(row);
      rows.set(index, row);
      stale.delete(index);
    }
    stale = new Map([...stale].filter(([, row]) => !ids.has(row.dataset.id))); // a message has one row
    follow(before, places(stale, rows), 0); // a row that others deleted is only missed now
    count();
    return true;
  } catch {
    return false; // the server is away; the next scroll or news asks again
  } finally {
    busy = false;
  }
}

/** Return the row at an index, fetched if need be; null where there is none. */
export async function reach(index) {
  for (let tries = 0; tries < 50 && !rows.has(index); tries += 1) {
    if (index < 0 || index >= of) return null;
    if (busy) await new Promise((resume) => setTimeout(resume, 20));
    else if (!(await fetchChunk(Math.floor(index / CHUNK) * CHUNK))) break;
  }
  return known(index) ?? null;
}

/** Scroll as little as is needed to see the row at an index. middle: where it cannot be seen, bring it to the middle. */
export function reveal(index, { middle = false } = {}) {
  const top = positionOf(index) * height;
  const isSeen = top >= scroller.scrollTop && top + height <= scroller.scrollTop + scroller.clientHeight;
  if (middle && !isSeen) scroller.scrollTop = top - (scroller.clientHeight - height) / 2;
  else if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + height - scroller.clientHeight;
  render();
}

/** Return the row of a message, if it is known. */
export function find(id) {
  for (const map of [rows, stale]) for (const row of map.values()) if (row.dataset.id === id) return row;
  return null;
}
