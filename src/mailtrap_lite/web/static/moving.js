// The queue and an entry of it, live: what is there is brought to the newer page, and what somebody chose stays chosen.

import { load } from "./base.js";
import { prepare } from "./page.js";
import { renewNode } from "./renew.js";

/** Bring the page to what is there now. */
export async function renewMoves() {
  const page = await load(location.href);
  const here = document.getElementById("moves");
  const there = page.getElementById("moves");
  if (!there) return void location.reload(); // it went with its message: let the browser show what is wrong
  const chosen = new Set([...here.querySelectorAll("[name=id]:checked")].map((box) => box.value));
  const at = here.contains(document.activeElement) ? document.activeElement : null;
  prepare(there);
  renewNode(here, there);
  for (const box of document.querySelectorAll("#moves [type=checkbox][name=id]")) box.checked = chosen.has(box.value);
  if (at && !at.isConnected) document.querySelector(`#moves [name="${at.name}"][value="${CSS.escape(at.value ?? "")}"]`)?.focus();
}
