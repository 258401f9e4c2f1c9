// The filter of the mailboxes: what is typed is looked for at once.

import { load } from "./base.js";
import { here } from "./place.js";

const PAUSE = 120; // milliseconds without a key

let timer = 0;
let asked = 0;

async function look(field) {
  const mine = ++asked;
  const page = await load(here("mailboxes", { find: field.value }), "list").catch(() => null);
  if (page && mine === asked) document.getElementById("boxes").replaceChildren(...page.getElementById("boxes").childNodes);
}

export function listen() {
  document.addEventListener("input", (event) => {
    if (event.target.id !== "find") return;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE, event.target);
  });
}
