// Going from page to page without losing the list: the server renders each page whole, and the parts that have an id
// here are exchanged. Nothing is ever parsed from a string: the browser reads the document from the response.

import { load } from "./base.js";
import { tell } from "./times.js";
import { stage } from "./message.js";

const LIST = ["bar-actions", "sidebar", "list-head", "rows", "list-foot"];
let newestAsked = 0;

/** Finish what the server rendered: local times, and controls that need scripts. */
export function prepare(root) {
  tell(root);
  for (const item of root.querySelectorAll("[data-scripted], [data-action=copy]")) item.hidden = false;
  stage(root);
  open(root);
}

/** Mark the open message as read, which a GET never does. */
function open(root) {
  const unread = root.querySelector("article[data-unread]");
  if (!unread) return;
  unread.removeAttribute("data-unread");
  mark(unread.dataset.message, true);
  const button = unread.querySelector("[data-action=mark] button");
  button.value = "no";
  button.querySelector("span").textContent = "Mark unread";
}

export function mark(id, read) {
  return fetch("/api/v1/messages", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ IDs: [id], Read: read }),
  });
}

function exchange(page, id) {
  const here = document.getElementById(id);
  const there = page.getElementById(id);
  if (!here || !there) return;
  for (const { name, value } of there.attributes) here.setAttribute(name, value);
  here.replaceChildren(...there.childNodes);
}

function exchangeList(page) {
  const rows = document.getElementById("rows");
  const known = new Set([...rows.children].map((row) => row.dataset.id));
  const newest = Math.max(0, ...[...known].map(Number));
  const focused = document.activeElement?.closest?.(".row")?.dataset.id;
  const sameStart = rows.dataset.start === page.getElementById("rows")?.dataset.start;
  const top = rows.scrollTop;
  tell(page);
  for (const id of LIST) exchange(page, id);
  rows.scrollTop = sameStart ? top : 0;
  for (const row of rows.children) {
    if (sameStart && Number(row.dataset.id) > newest) row.classList.add("arrived");
  }
  if (focused) rows.querySelector(`[data-id="${Number(focused)}"] a`)?.focus({ preventScroll: true });
}

/** Show the page at an address in place of this one. */
export async function visit(address, { push = true } = {}) {
  const asked = ++newestAsked;
  let page;
  try {
    page = await load(address);
  } catch {
    location.assign(address); // let the browser show what is wrong
    return;
  }
  if (asked !== newestAsked) return; // somebody was faster to click elsewhere
  if (!page.getElementById("message")) {
    location.assign(address);
    return;
  }
  if (push) history.pushState(null, "", address);
  document.title = page.title;
  document.body.dataset.view = page.body.dataset.view;
  exchangeList(page);
  exchange(page, "message");
  const message = document.getElementById("message");
  message.scrollTop = 0;
  prepare(message);
  current();
}

/** Fetch the list again, because something changed. What is being read stays. */
export async function refresh() {
  const query = new URLSearchParams(location.search);
  for (const name of [...query.keys()]) if (name !== "start" && name !== "mailbox") query.delete(name);
  const asked = newestAsked;
  const here = location.search;
  const page = await load(`/?${query}`);
  if (asked !== newestAsked || here !== location.search) return; // it is the list of another place by now
  exchangeList(page);
  if (document.querySelector("#message [data-placeholder]")) {
    const wasEmpty = document.querySelector("#message .empty");
    if (Boolean(wasEmpty) !== Boolean(page.querySelector("#message .empty"))) {
      exchange(page, "message");
      prepare(document.getElementById("message"));
    }
    document.title = page.title;
  }
  current();
}

/** The id of the message that is open, or null. */
export function opened() {
  return document.querySelector("#message article")?.dataset.message ?? null;
}

function current() {
  const id = opened();
  for (const link of document.querySelectorAll("#rows a")) {
    if (link.parentElement.dataset.id === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
