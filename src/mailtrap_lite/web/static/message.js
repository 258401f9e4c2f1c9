// The open message: its tabs, what is chosen in them, and how wide its HTML is shown.
// The server renders each view whole; what is not open yet is fetched when it is opened.

import { load } from "./base.js";
import { sayGone } from "./gone.js";
import { prepare, refresh } from "./page.js";
import { t } from "./texts.js";
import { say } from "./toast.js";

let width = null; // what was chosen last holds for the messages that are opened next

/** Show the panel of a tab; the address says so, for reload and for sharing. */
export function select(tab) {
  for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    if (chosen) other.removeAttribute("tabindex");
    else other.setAttribute("tabindex", "-1");
    const panel = panelOf(other);
    if (panel) panel.hidden = !chosen;
  }
  showTab(tab);
  const panel = panelOf(tab);
  if (panel && !panel.firstElementChild) return exchange(panel, tab.href);
  history.replaceState(history.state, "", panel?.dataset.address ?? tab.href);
  return Promise.resolve();
}

/** Scroll the tabs, where they do not all fit, to one. */
export function showTab(tab) {
  const bar = tab?.parentElement;
  if (bar && bar.scrollWidth > bar.clientWidth) bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
}

function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls"));
}

/** Put what the server renders at an address into a panel. */
async function exchange(panel, address) {
  panel.setAttribute("aria-busy", "true");
  history.replaceState(history.state, "", address);
  let newer;
  try {
    newer = (await load(address, "message")).getElementById(panel.id);
  } catch (error) {
    return fail(panel, error);
  }
  if (!newer) {
    location.assign(address); // let the browser show what is wrong
    return;
  }
  panel.removeAttribute("aria-busy");
  panel.dataset.address = address;
  panel.replaceChildren(...newer.childNodes);
  prepare(panel);
}

function fail(panel, error) {
  panel.removeAttribute("aria-busy");
  if (error.message !== "404") return void say(t("failed"));
  sayGone(panel, { reading: true });
  refresh().catch(() => {});
}

/** Follow a link inside of a panel; the keyboard stays where it was. */
async function choose(link) {
  const name = link.dataset.exchange;
  const panel = link.closest("[role=tabpanel]");
  if (link.dataset.width) {
    width = link.dataset.width;
    stage(panel);
    history.replaceState(history.state, "", link.href);
    return;
  }
  await exchange(panel, link.href);
  panel.querySelector(`[data-exchange="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}

/** Show the HTML as wide as was chosen last. */
export function stage(root) {
  const frame = root.querySelector(".stage");
  if (!frame || !width) return;
  frame.dataset.width = width;
  for (const link of root.querySelectorAll("[data-exchange][data-width]")) {
    if (link.dataset.width === width) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function onClick(event) {
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("#message a[data-exchange]");
  if (!link) return;
  event.preventDefault();
  choose(link);
}

/** Move between tabs as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ has it. */
function onKey(event) {
  const tab = event.target.closest?.("[role=tab]");
  if (!tab || event.altKey || event.ctrlKey || event.metaKey) return;
  const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")];
  const here = tabs.indexOf(tab);
  const places = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: tabs.length - 1 };
  if (!(event.key in places)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const next = tabs[(places[event.key] + tabs.length) % tabs.length];
  select(next);
  next.focus();
}

export function listenToMessage() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}
