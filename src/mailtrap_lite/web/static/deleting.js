// Deleting with a way back. Nothing is deleted before the offer to undo it is gone: until then the messages are only
// hidden on this page, so an undo loses nothing, and other browsers still show them. The deletion is sent when the time
// is over, when something else is deleted, and when the page is left. What came in meanwhile is never part of it.

import { post } from "./base.js";
import { hide } from "./list.js";
import { here } from "./place.js";
import { t } from "./texts.js";

const TIME = 8000; // milliseconds to change one's mind in
const MOST_SENT_AT_THE_END = 60_000; // octets; a browser sends 64 KiB at most for a page that is gone

let pending = null;
let timer = 0;
let afterwards = () => {};

/** Hide what was chosen, and delete it unless somebody undoes it. then: called when the server has done it, or not. */
export function remove(taken, then = afterwards) {
  flush();
  afterwards = then;
  pending = { ...taken, address: here("selection") };
  pending.fields.set("do", "delete");
  hide(pending.has, { all: pending.all });
  toast(pending.count === 1 ? t("one_deleted") : t("many_deleted", { count: pending.count.toLocaleString("en") }), { undo: true });
  if (pending.fields.toString().length > MOST_SENT_AT_THE_END) flush(); // it could not be sent when the page is left
  else wait();
}

/** Whether a message is about to be deleted. */
export function isPending(id) {
  return Boolean(pending?.has(id));
}

/** Show the messages again. Return whether there was something to undo. */
export function undo() {
  if (!pending || pending.sent) return false;
  pending = null;
  clearTimeout(timer);
  hide(() => false);
  close();
  return true;
}

/** Delete now what is about to be deleted. */
export async function flush({ keepalive = false } = {}) {
  if (!pending || pending.sent) return;
  const mine = pending;
  mine.sent = true;
  clearTimeout(timer);
  if (document.getElementById("toast").dataset.undo) close();
  try {
    await post(mine.address, mine.fields, { keepalive });
    await afterwards();
  } catch {
    toast(t("not_deleted"));
  }
  if (pending === mine) {
    pending = null;
    hide(() => false);
  }
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(flush, TIME);
}

/** Say something at the lower edge for a while. What could be undone until now is done: its offer is gone. */
export function toast(text, { undo: canUndo = false } = {}) {
  if (!canUndo) flush();
  clearTimeout(timer);
  const box = document.getElementById("toast");
  document.getElementById("toast-says").textContent = text;
  document.getElementById("toast-undo").hidden = !canUndo;
  box.dataset.undo = canUndo ? "yes" : "";
  box.hidden = false;
  if (!canUndo) timer = setTimeout(close, TIME);
}

function close() {
  const box = document.getElementById("toast");
  if (box.contains(document.activeElement)) document.getElementById("message")?.focus({ preventScroll: true });
  box.hidden = true;
}

export function listen() {
  const box = document.getElementById("toast");
  document.getElementById("toast-undo").addEventListener("click", undo);
  // Whoever reads or reaches the offer gets the time for it (WCAG 2.2.1).
  for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) {
    box.addEventListener(name, () => {
      if (pending && !pending.sent) wait();
      else timer = setTimeout(close, TIME);
    });
  }
  addEventListener("pagehide", () => flush({ keepalive: true }));
}
