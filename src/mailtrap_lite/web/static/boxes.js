// The filter of the mailboxes: what is typed is looked for at once. And the tags of all mail, for those who ask.

import { load } from "./base.js";
import { here } from "./place.js";
import { t } from "./texts.js";
import { say } from "./toast.js";

const PAUSE = 120; // milliseconds without a key

let timer = 0;
let asked = 0;

async function look(field) {
  const mine = ++asked;
  const page = await load(here("mailboxes", { find: field.value }), "list").catch(() => null);
  if (page && mine === asked) document.getElementById("boxes").replaceChildren(...page.getElementById("boxes").childNodes);
}

/** Have all mail read for its tags, which takes a while where there is very much. */
export async function showAllTags(link) {
  link.textContent = t("loading");
  const page = await load(link.href, "list").catch(() => null);
  if (page) document.getElementById("tags-of-mail").replaceChildren(...page.getElementById("tags-of-mail").childNodes);
  else say(t("failed"));
}

export function listen() {
  document.addEventListener("input", (event) => {
    if (event.target.id !== "find") return;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE, event.target);
  });
}
