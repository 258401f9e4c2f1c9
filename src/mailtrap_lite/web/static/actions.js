// What a click or a form does, without leaving the page.

import { below } from "./base.js";
import { showAllTags } from "./boxes.js";
import { askToRemoveAll, backToList, download, goOn, markOpened, removeAll, removeTarget, setRead, setTag } from "./commands.js";
import { copy } from "./copy.js";
import { showHelp } from "./help.js";
import { select } from "./message.js";
import { toggle } from "./notify.js";
import { opened, visit } from "./page.js";
import { showPalette } from "./palette.js";
import { here, isInPanes } from "./place.js";
import { choose, chooseAll, chooseTo, only } from "./selection.js";

const BUTTONS = {
  copy: (button) => copy(button.parentElement.querySelector("code").textContent, button),
  "copy-link": (button) => copy(new URL(button.dataset.address, location.href).href, button, button.querySelector("span")),
  "go-on": goOn,
  "to-list": backToList,
  help: showHelp,
  palette: showPalette,
  notify: toggle,
  "delete-all-now": removeAll,
};

/** Whether a click means "here", and not "in a new tab". */
function isPlain(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function onClick(event) {
  if (event.defaultPrevented) return;
  for (const box of document.querySelectorAll(".tagging[open]")) if (!box.contains(event.target)) box.open = false;
  const row = event.target.closest("#rows > li[data-id]");
  if (row && choosing(event, row)) return;
  if (!isPlain(event)) return;
  const button = event.target.closest("button");
  if (button?.dataset.action in BUTTONS) return void BUTTONS[button.dataset.action](button);
  const link = event.target.closest("a[href]");
  if (link && !link.hasAttribute("download") && !link.target && below(link.href) !== null) follow(event, link);
}

/** Clicks that choose: on a box, and on a row with shift or ctrl. */
function choosing(event, row) {
  const isBox = event.target.matches("input.tick");
  if (event.button !== 0 || (!isBox && !event.shiftKey && !event.ctrlKey && !event.metaKey)) return false;
  if (!isBox) event.preventDefault(); // not a new tab or window
  if (event.shiftKey) chooseTo(row);
  else choose(row, isBox ? event.target.checked : undefined);
  return true;
}

function follow(event, link) {
  if (link.dataset.action === "delete-all") {
    event.preventDefault();
    askToRemoveAll();
  } else if (link.dataset.action === "all-tags") {
    event.preventDefault();
    showAllTags(link);
  } else if (link.getAttribute("role") === "tab") {
    event.preventDefault();
    select(link);
  } else if (isInPanes(link.href)) {
    event.preventDefault();
    // Who opens a message with the keyboard, or where it takes the place of the list, goes on reading there.
    const isNarrow = matchMedia("(max-width: 46rem)").matches;
    const inRow = link.closest("#rows") !== null;
    visit(link.href, { focus: inRow && (event.detail === 0 || isNarrow) ? "message" : link.matches(".back") ? "row" : null });
  }
}

function onSubmit(event) {
  const form = event.target;
  const said = event.submitter?.value;
  if (form.matches("#selection")) { // its field "id" hides the property
    event.preventDefault();
    const isEnter = "default" in event.submitter.dataset;
    if (isEnter && document.activeElement?.id !== "tag") return; // Enter on a box is no act
    if (said === "delete") removeTarget();
    else if (said === "zip" || said === "mbox") download(said);
    else if (said === "tag" || said === "untag") setTag(said, form.querySelector("#tag").value);
    else setRead(said === "read");
  } else if (form.dataset.action === "delete") {
    event.preventDefault();
    removeTarget(only([opened()]));
  } else if (form.dataset.action === "mark") {
    event.preventDefault();
    markOpened(said === "yes");
  } else if (form.method === "get" && below(form.action) !== null) {
    event.preventDefault();
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    visit(query.size ? `${form.action}?${query}` : form.action);
  }
}

function onChange(event) {
  const { action } = event.target.dataset;
  if (action === "sort") visit(here("", { sort: event.target.value }));
  else if (action === "tick-all") chooseAll(event.target.checked);
}

export function listen() {
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("change", onChange);
  addEventListener("popstate", () => visit(location.href, { push: false }));
}
