// The search box: a combobox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/) that knows the grammar, the mailboxes
// and the tags. What a query means, and what is wrong with one, only the server says.

import { load, path } from "./base.js";
import { t } from "./texts.js";

const MOST = 10;
const PAUSE = 120; // milliseconds without a key
const OF_MAILBOXES = new Set(["mailbox", "to", "rcpt", "addressed"]);

let options = []; // { text, says, ends }
let active = -1;
let asked = 0;
let timer = 0;

const form = () => document.getElementById("search");
const field = () => document.getElementById("q");
const list = () => document.getElementById("completions");
const terms = () => JSON.parse(form().dataset.terms ?? "[]");

/** Return what is written before the caret since the last space outside of quotes: where it begins, sign and text. */
function word() {
  const before = field().value.slice(0, field().selectionStart);
  const [found] = before.match(/(?:[^\s()"]|"(?:[^"\\]|\\.)*"?)*$/);
  const [sign] = found.match(/^[-!]?/);
  return { start: before.length - found.length + sign.length, text: found.slice(sign.length) };
}

async function complete() {
  const mine = ++asked;
  const { text } = word();
  const [, name, value] = text.match(/^([a-z-]+):=?"?([^"]*)"?$/i) ?? [];
  const term = name && terms().find((one) => one.name === name.toLowerCase());
  let found = [];
  if (!term) found = terms().filter((one) => text && one.name.startsWith(text.toLowerCase())).map(ofTerm);
  else if (term.values.length) found = term.values.filter((one) => one.startsWith(value.toLowerCase())).map((one) => ofValue(term, one, term.text));
  else if (term.name === "tag") found = tags(value).map((tag) => ofValue(term, tag, t("completion_tag")));
  else if (OF_MAILBOXES.has(term.name)) found = (await mailboxes(value)).map((box) => ofValue(term, box, t("completion_mailbox")));
  if (mine === asked) show(found.filter((one) => one.text !== text));
}

function ofTerm(term) {
  return { text: `${term.name}:`, says: `${term.text} · ${term.example}`, ends: false };
}

function ofValue(term, value, says) {
  const written = /^[^\s"()]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
  return { text: `${term.name}:${written}`, says, ends: true };
}

function tags(value) {
  const all = [...document.querySelectorAll("#tags option")].map((option) => option.value);
  return all.filter((tag) => tag.toLowerCase().startsWith(value.toLowerCase()));
}

async function mailboxes(value) {
  const page = await load(`${path("mailboxes")}?${new URLSearchParams({ find: value })}`, "list").catch(() => null);
  return page ? [...page.querySelectorAll("#boxes .name")].map((name) => name.textContent) : [];
}

function show(found) {
  options = found.slice(0, MOST);
  list().replaceChildren(...options.map(line));
  list().hidden = options.length === 0;
  field().setAttribute("aria-expanded", String(options.length > 0));
  if (options.length) document.getElementById("says").textContent = t("completion_count", { count: options.length });
  activate(-1);
}

function line(option, index) {
  const item = document.createElement("li");
  item.id = `completion-${index}`;
  item.setAttribute("role", "option");
  const [written, says] = [document.createElement("code"), document.createElement("span")];
  written.textContent = option.text;
  written.dir = "auto";
  says.textContent = option.says;
  item.append(written, says);
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the field keeps the focus
    take(option);
  });
  return item;
}

function activate(index) {
  active = index;
  [...list().children].forEach((item, number) => item.setAttribute("aria-selected", String(number === index)));
  if (index < 0) field().removeAttribute("aria-activedescendant");
  else field().setAttribute("aria-activedescendant", `completion-${index}`);
  list().children[index]?.scrollIntoView({ block: "nearest" });
}

/** Write an option in place of the word at the caret. */
function take(option) {
  const { start } = word();
  field().setRangeText(option.ends ? `${option.text} ` : option.text, start, field().selectionStart, "end");
  if (option.ends) close();
  else complete();
}

export function close() {
  asked += 1;
  show([]);
}

function onKey(event) {
  if (event.target !== field() || event.isComposing) return;
  const isOpen = !list().hidden;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!isOpen) return void complete();
    const step = event.key === "ArrowDown" ? 1 : -1;
    activate((active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length);
  } else if ((event.key === "Enter" || event.key === "Tab") && isOpen && active >= 0) {
    event.preventDefault();
    take(options[active]);
  } else if (event.key === "Escape" && isOpen) {
    event.preventDefault();
    event.stopImmediatePropagation();
    close();
  }
}

/** Make the box a combobox, also after it was exchanged. */
export function adopt() {
  const box = field();
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", "completions");
  box.setAttribute("aria-expanded", "false");
}

export function listen() {
  adopt();
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", (event) => {
    if (event.target !== field()) return;
    clearTimeout(timer);
    timer = setTimeout(complete, PAUSE);
  });
  document.addEventListener("focusout", (event) => event.target === field() && close());
  document.addEventListener("submit", (event) => event.target === form() && close(), true);
}
