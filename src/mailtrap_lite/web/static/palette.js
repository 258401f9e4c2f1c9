// The command palette: all commands, mailboxes and searches by a few letters (WAI-ARIA combobox with a list).

import { load, path } from "./base.js";
import { offered } from "./commands.js";
import { visit } from "./page.js";
import { t } from "./texts.js";

const MOST = 12; // of each kind

let options = []; // { kind, text, run }
let active = 0;
let asked = 0;

const dialog = () => document.getElementById("palette");
const field = () => document.getElementById("palette-text");
const list = () => document.getElementById("palette-list");

export function showPalette() {
  field().value = "";
  dialog().showModal();
  update();
}

function commands(typed) {
  const seen = new Set(["palette", "open", "extend"]);
  return offered().filter(({ name, run }) => run && !seen.has(name) && seen.add(name))
    .map(({ name, keys, run }) => ({ kind: t("palette_command"), text: t(`command_${name}`), keys, run }))
    .filter(({ text }) => text.toLowerCase().includes(typed));
}

async function mailboxes(typed) {
  const page = await load(`${path("mailboxes")}?${new URLSearchParams({ find: typed })}`, "list");
  return [...page.querySelectorAll("#boxes a.box")].slice(0, MOST).map((link) => ({
    kind: t("palette_mailbox"),
    text: link.querySelector(".name").textContent,
    keys: [],
    run: () => visit(link.href),
  }));
}

async function update() {
  const mine = ++asked;
  const typed = field().value.trim();
  const first = commands(typed.toLowerCase());
  show(first);
  if (!typed) return;
  try {
    const found = await mailboxes(typed);
    const search = { kind: t("palette_search"), text: typed, keys: [], run: () => visit(`${path("")}?${new URLSearchParams({ q: typed })}`) };
    if (mine === asked) show([...first, ...found, search]);
  } catch {
    // the server is away; the commands are here
  }
}

function show(found) {
  options = found;
  active = 0;
  list().replaceChildren(...found.map(item));
  if (!found.length) {
    const none = document.createElement("li");
    none.className = "hint";
    none.setAttribute("role", "option");
    none.setAttribute("aria-disabled", "true");
    none.textContent = t("palette_nothing");
    list().append(none);
  }
  activate(0);
}

function item(option, index) {
  const line = document.createElement("li");
  line.id = `option-${index}`;
  line.setAttribute("role", "option");
  const text = document.createElement("bdi");
  text.textContent = option.text;
  const kind = document.createElement("span");
  kind.className = "kind";
  kind.textContent = option.keys[0] && option.keys[0].length <= 6 ? option.keys[0] : option.kind;
  line.append(text, kind);
  line.addEventListener("click", () => choose(index));
  return line;
}

function activate(index) {
  active = options.length ? (index + options.length) % options.length : 0;
  [...list().children].forEach((line, number) => line.setAttribute("aria-selected", String(options.length > 0 && number === active)));
  if (options.length) field().setAttribute("aria-activedescendant", `option-${active}`);
  else field().removeAttribute("aria-activedescendant");
  list().children[active]?.scrollIntoView({ block: "nearest" });
}

function choose(index) {
  const option = options[index];
  if (!option) return;
  dialog().close();
  option.run();
}

export function listen() {
  field().addEventListener("input", update);
  field().addEventListener("keydown", (event) => {
    const steps = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: options.length - 1 };
    if (event.key in steps && !(event.key in { Home: 1, End: 1 } && field().value)) {
      event.preventDefault();
      activate(steps[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(active);
    }
  });
}
