// All that can be done, once: for the keys, the help and the palette.

import { path, post } from "./base.js";
import { remove, undo } from "./deleting.js";
import { find } from "./list.js";
import { mark, opened, refresh, visit } from "./page.js";
import { here } from "./place.js";
import { choose, chooseAll, chooseTo, clear, count, only, taken } from "./selection.js";
import { t } from "./texts.js";
import { say } from "./toast.js";
import { currentRow, neighbour } from "./walk.js";
import { showHelp } from "./help.js";
import { showPalette } from "./palette.js";

/** What a command is about: what is chosen, else the row or the message where somebody is. */
function target() {
  if (count()) return taken();
  const id = currentRow()?.dataset.id ?? opened();
  return id ? only([id]) : null;
}

async function go(step) {
  const row = await neighbour(step);
  if (row) await visit(row.querySelector("a").href, { focus: "row" });
}

async function choosing(step) {
  const from = currentRow();
  if (from && !count()) choose(from, true);
  const row = await neighbour(step);
  if (!row) return;
  row.querySelector("a").focus({ preventScroll: true });
  await chooseTo(row);
}

/** Mark what a command is about, and show the list as it is then. */
export async function setRead(read, { back = false } = {}) {
  const about = target();
  if (!about) return;
  about.fields.set("do", read ? "read" : "unread");
  try {
    await post(here("selection"), about.fields);
  } catch {
    return void say(t("failed"));
  }
  clear();
  if (back && opened()) await backToList();
  await refresh();
}

/** Download what a command is about, as a file of some kind: a form of its own, as no address could name so many. */
export function download(kind) {
  const about = target();
  if (!about) return;
  about.fields.set("do", kind);
  const form = document.createElement("form");
  form.method = "post";
  form.action = here("selection");
  for (const [name, value] of about.fields) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
  document.getElementById("downloading").open = false;
}

/** Give what a command is about a tag, or take it away. */
export async function setTag(way, tag) {
  const about = target();
  if (!about) return;
  about.fields.set("do", way);
  about.fields.set("tag", tag);
  try {
    const changed = Number(await post(here("selection"), about.fields));
    say(changed === 1 ? t("one_tagged") : t("many_tagged", { count: changed }));
  } catch (error) {
    return void say(error.message === "400" ? t("bad_tag") : t("failed"));
  }
  document.getElementById("tagging").open = false;
  clear();
  await refresh();
}

/** Delete what is chosen, or the message where somebody is, and go on to the next if that one was open. */
export async function removeTarget(about = target()) {
  if (!about) return;
  const leaves = opened() !== null && about.has(opened());
  const row = leaves ? find(opened()) : null;
  const isNarrow = matchMedia("(max-width: 46rem)").matches;
  remove(about, refresh);
  clear();
  if (!leaves) return;
  const index = row ? Number(row.dataset.index) : -1;
  const next = row && !isNarrow && ((await neighbour(1, index)) ?? (await neighbour(-1, index)));
  if (next) await visit(next.querySelector("a").href, { focus: "row" });
  else await backToList();
}

/** Go on to the next message, where the one that was read is gone. */
export async function goOn() {
  const row = (await neighbour(1)) ?? (await neighbour(-1));
  if (row) await visit(row.querySelector("a").href, { focus: "row" });
  else await backToList();
}

export async function backToList() {
  await visit(here(""), { focus: "row" });
}

/** Ask before everything in this list goes. */
export function askToRemoveAll() {
  const { of } = document.getElementById("list-head").dataset;
  const query = new URLSearchParams(location.search);
  const [mailbox, q, count] = [query.get("mailbox"), query.get("q"), Number(of).toLocaleString("en")];
  const what = q ? t("ask_search", { count }) : mailbox ? t("ask_mailbox", { count, mailbox }) : t("ask_all", { count });
  document.getElementById("ask-what").textContent = what;
  document.getElementById("ask-delete-all").showModal();
}

export function removeAll() {
  chooseAll();
  remove(taken(), refresh);
  clear();
  if (opened()) backToList();
}

function search() {
  const field = document.getElementById("q") ?? document.getElementById("find");
  field?.focus();
  field?.select();
}

function tag() {
  if (!count() && currentRow()) choose(currentRow(), true);
  if (!count()) return;
  document.getElementById("tagging").open = true;
  document.getElementById("tag").focus();
}

function escape() {
  if (count()) clear();
  else if (opened() || document.body.dataset.view !== "list") backToList();
}

// apart: also on the pages that have no list. inList: only where the arrow keys do not scroll something else. shift: the key is pressed with it.
const COMMANDS = [
  { name: "next", keys: ["j"], run: () => go(1) },
  { name: "next", keys: ["ArrowDown"], inList: true, again: true, run: () => go(1) },
  { name: "previous", keys: ["k"], run: () => go(-1) },
  { name: "previous", keys: ["ArrowUp"], inList: true, again: true, run: () => go(-1) },
  { name: "extend", keys: ["J", "ArrowDown"], shift: true, inList: true, again: true, run: () => choosing(1) },
  { name: "extend", keys: ["K", "ArrowUp"], shift: true, inList: true, again: true, run: () => choosing(-1) },
  { name: "open", keys: ["Enter"], shown: true, run: null },
  { name: "back", keys: ["Escape"], run: escape },
  { name: "choose", keys: ["x"], run: () => currentRow() && choose(currentRow()) },
  { name: "choose_all", keys: ["*"], run: () => chooseAll() },
  { name: "read", keys: ["r"], run: () => setRead(true) },
  { name: "unread", keys: ["u"], run: () => setRead(false, { back: true }) },
  { name: "done", keys: ["e"], run: () => setRead(true, { back: true }) },
  { name: "delete", keys: ["#", "Delete"], run: removeTarget },
  { name: "tag", keys: ["t"], run: tag },
  { name: "release", keys: [], run: () => opened() && location.assign(path(`message/${opened()}/release`)) },
  { name: "undo", keys: ["z"], run: undo },
  { name: "delete_all", keys: [], run: askToRemoveAll },
  { name: "search", apart: true, keys: ["/"], run: search },
  { name: "inbox", apart: true, keys: ["g"], run: () => visit(path("")) },
  { name: "sessions", apart: true, keys: [], run: () => location.assign(path("sessions")) },
  { name: "queue", apart: true, keys: [], run: () => location.assign(path("queue")) },
  { name: "print", keys: [], run: () => print() },
  { name: "palette", apart: true, keys: ["Ctrl K"], control: true, run: showPalette },
  { name: "help", apart: true, keys: ["?"], run: showHelp },
];

/** Return the commands that this page has. */
export function offered() {
  return document.getElementById("rows") ? COMMANDS : COMMANDS.filter(({ apart }) => apart);
}

/** Mark the open message, as its own button asks. */
export async function markOpened(read) {
  try {
    await mark([opened()], read);
  } catch {
    return void say(t("failed"));
  }
  await backToList();
}
