// Going from page to page without losing the list: the server renders each page whole, and the parts that have an id
// here are exchanged. Where the list stays the same, only the message is asked for.

import { below, load, path, post } from "./base.js";
import { sayGone } from "./gone.js";
import { adopt, find, renew, reveal } from "./list.js";
import { showTab, stage } from "./message.js";
import { here, isInPanes, listOf } from "./place.js";
import { renewNode } from "./renew.js";
import { remember } from "./spot.js";
import { t } from "./texts.js";
import { tell } from "./times.js";
import { say } from "./toast.js";

let newestAsked = 0;
let listShown = listOf().toString(); // not what the address says: going back changes that first
let listsShown = 0; // how often another list took the place of one
let refreshed = 0; // how often the list was fetched again
let arrived = () => {};

/** Call this after each exchange of the list. */
export function onList(then) {
  arrived = then;
}

/** Finish what the server rendered: local times, and controls that need scripts. */
export function prepare(root) {
  tell(root);
  for (const item of root.querySelectorAll("[data-scripted], [data-action=copy]")) item.hidden = false;
  stage(root);
  requestAnimationFrame(() => showTab(root.querySelector("[role=tab][aria-selected=true]")));
  open(root);
}

/** Mark the open message as read, which a GET never does. */
function open(root) {
  const unread = root.querySelector("article[data-unread]");
  if (!unread) return;
  unread.removeAttribute("data-unread");
  mark([unread.dataset.message], true).catch(() => {});
  const button = unread.querySelector("[data-action=mark] button");
  if (!button) return;
  button.value = "no";
  button.querySelector("span").textContent = t("mark_unread");
}

/** Mark messages as read or unread, and show it at once. */
export function mark(ids, read) {
  for (const id of ids) find(id)?.classList.toggle("unread", !read);
  const fields = new URLSearchParams([["do", read ? "read" : "unread"], ...ids.map((id) => ["id", id])]);
  return post(path("selection"), fields);
}

function exchange(page, id, { retype = false } = {}) {
  const here = document.getElementById(id);
  const there = page.getElementById(id);
  if (!here || !there) return;
  const typed = here.querySelector("input[type=search]");
  const isTyping = typed && typed === document.activeElement;
  for (const { name, value } of there.attributes) here.setAttribute(name, value);
  here.replaceChildren(...there.childNodes);
  if (isTyping) keepTyping(here, typed, retype);
  for (const item of here.querySelectorAll("[data-scripted]")) item.hidden = false;
}

/** What somebody is typing is not taken away by news. retype: the field keeps the focus, and says what the page says. */
function keepTyping(root, typed, retype) {
  const field = document.getElementById(typed.id);
  if (!field || !root.contains(field)) return;
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (field.hasAttribute(name)) typed.setAttribute(name, field.getAttribute(name));
    else typed.removeAttribute(name);
  }
  if (retype && typed.value !== field.value) typed.value = field.value;
  field.replaceWith(typed);
  typed.focus({ preventScroll: true });
}

/** Show the page at an address in place of this one. focus: "message" or "row", where the keyboard goes on. */
export async function visit(address, { push = true, focus = null } = {}) {
  if (!document.getElementById("rows")) return void location.assign(address); // here is no list to keep
  const asked = ++newestAsked;
  const before = refreshed;
  const typed = document.getElementById("q")?.value;
  const sameList = listOf(address).toString() === listShown;
  let page;
  try {
    page = await load(address, sameList ? "message" : "page");
  } catch (error) {
    if (asked === newestAsked) fail(address, error, { push });
    return;
  }
  if (asked !== newestAsked) return; // somebody was faster to click elsewhere
  if (!page.getElementById("message") || !isInPanes(address)) {
    location.assign(address);
    return;
  }
  if (push) history.pushState(null, "", address);
  listShown = listOf(address).toString();
  document.title = page.title;
  document.body.dataset.view = page.body.dataset.view;
  if (!sameList) exchangeList(page, { same: false, typed });
  if (!sameList && before !== refreshed) refresh().catch(() => {}); // it was asked for before the news
  showMessage(page);
  if (focus === "message") document.getElementById("message").focus({ preventScroll: true });
  if (focus === "row") find(opened())?.querySelector("a").focus({ preventScroll: true });
}

function fail(address, error, { push }) {
  const id = below(address)?.match(/^message\/(\d+)$/)?.[1];
  if (error.message === "0") return void say(t("failed"));
  if (error.message !== "404" || !id) return void location.assign(address); // let the browser show what is wrong
  if (push) history.pushState(null, "", address);
  document.body.dataset.view = "message";
  document.title = t("gone_title");
  const row = find(id);
  if (row) remember(row);
  sayGone(document.getElementById("message"));
  current();
  refresh().catch(() => {}); // the news may be on their way
}

function showMessage(page) {
  exchange(page, "message");
  const message = document.getElementById("message");
  message.scrollTop = 0;
  prepare(message);
  const row = opened() && find(opened());
  if (row) remember(row);
  current();
}

function exchangeList(page, { same, typed }) {
  document.getElementById("panes").className = page.getElementById("panes").className;
  renewNode(document.getElementById("sidebar"), page.getElementById("sidebar"));
  for (const id of ["list-head", "list-foot"]) exchange(page, id);
  tell(document.getElementById("sidebar"));
  if (!same) listsShown += 1;
  if (same) {
    renew(page);
    exchangeOwn(page);
  } else {
    for (const id of ["order", "selection"]) exchange(page, id);
    exchange(page, "search", { retype: document.getElementById("q")?.value === typed }); // not what was typed since
    adopt();
  }
  arrived({ same });
}

/** Bring what is left of the tools to the newer page: deleting all is offered where there is something. */
function exchangeOwn(page) {
  const there = page.getElementById("delete-all");
  const here = document.getElementById("delete-all");
  if (!there) here?.remove();
  else if (!here) document.getElementById("acts").append(there);
}

/** Fetch the list again, because something changed. What is being read stays. */
export async function refresh() {
  const shown = listsShown;
  refreshed += 1;
  const find = document.getElementById("find")?.value; // the mailboxes stay those that somebody looks for
  const query = new URLSearchParams([...new URLSearchParams(listShown), ...(find ? [["find", find]] : [])]);
  const page = await load(query.size ? `${path("")}?${query}` : path(""), "list");
  if (shown !== listsShown) return void (await refresh()); // the list of another place, which may be older than the news
  const asked = newestAsked;
  exchangeList(page, { same: true });
  const isEmpty = document.getElementById("panes").classList.contains("nothing-yet");
  if (document.querySelector("#message [data-placeholder]") && isEmpty !== Boolean(document.querySelector("#message .empty"))) {
    const whole = await load(here(""), "message");
    if (asked === newestAsked) showMessage(whole);
  }
  if (document.querySelector("#message [data-placeholder]")) document.title = page.title;
  current();
}

/** The id of the message that is open, or null. */
export function opened() {
  return document.querySelector("#message article")?.dataset.message ?? null;
}

/** Scroll the list to the row of the open message. */
export function showOpened() {
  const row = opened() && find(opened());
  if (!row) return;
  remember(row);
  reveal(Number(row.dataset.index), { middle: true });
}

/** Mark the row of the open message. */
export function current(row = null) {
  const id = opened();
  for (const one of row ? [row] : document.querySelectorAll("#rows > li")) {
    const link = one.querySelector("a");
    if (!link) continue;
    if (one.dataset.id === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
