// Deleting with a way back. Nothing is deleted before the offer to undo it is gone: until then the messages are only
// hidden on this page, so an undo loses nothing, and other browsers still show them. The deletion is sent when the time
// is over, when something else is deleted, and when the page is left. What came in meanwhile is never part of it.

import { post } from "./base.js";
import { hide } from "./list.js";
import { here } from "./place.js";
import { t } from "./texts.js";
import { close, say } from "./toast.js";

const MOST_SENT_AT_THE_END = 60_000; // octets; a browser sends 64 KiB at most for a page that is gone

let pending = null;
let afterwards = () => {};

/** Hide what was chosen, and delete it unless somebody undoes it. then: called when the server has done it, or not. */
export function remove(taken, then = afterwards) {
  flush();
  afterwards = then;
  pending = { ...taken, address: here("selection") };
  pending.fields.set("do", "delete");
  hide(pending.has, { all: pending.all });
  const says = pending.count === 1 ? t("one_deleted") : t("many_deleted", { count: pending.count.toLocaleString("en") });
  if (pending.fields.toString().length <= MOST_SENT_AT_THE_END) {
    say(says, { undo, then: flush });
    return;
  }
  flush(); // it could not be sent when the page is left
  say(says);
}

/** Whether a message is about to be deleted. */
export function isPending(id) {
  return Boolean(pending?.has(id));
}

/** Show the messages again. Return whether there was something to undo. */
export function undo() {
  if (!pending || pending.sent) return false;
  pending = null;
  hide(() => false);
  close();
  return true;
}

/** Delete now what is about to be deleted. */
export async function flush({ keepalive = false } = {}) {
  if (!pending || pending.sent) return;
  const mine = pending;
  mine.sent = true;
  close();
  try {
    await post(mine.address, mine.fields, { keepalive });
    await afterwards();
  } catch {
    say(t("not_deleted"));
  }
  if (pending === mine) {
    pending = null;
    hide(() => false);
  }
}

export function listen() {
  addEventListener("pagehide", () => flush({ keepalive: true }));
}
