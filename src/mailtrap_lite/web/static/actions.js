// What a click or a form does, without leaving the page.

import { mark, opened, visit } from "./page.js";
import { select } from "./message.js";

/** Whether a click means "here", and not "in a new tab". */
function isPlain(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function onClick(event) {
  if (!isPlain(event) || event.defaultPrevented) return;
  const button = event.target.closest("button");
  if (button?.dataset.action === "copy") return void copy(button);
  const link = event.target.closest("a[href]");
  if (!link || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.dataset.action === "delete-all") {
    event.preventDefault();
    document.getElementById("ask-delete-all").showModal();
  } else if (link.role === "tab" || link.getAttribute("role") === "tab") {
    event.preventDefault();
    select(link);
  } else if (link.pathname === "/" || link.pathname.startsWith("/message/")) {
    event.preventDefault();
    visit(link.href);
  }
}

function onSubmit(event) {
  const form = event.target;
  if (event.submitter?.dataset.action === "delete-all-now") {
    event.preventDefault();
    form.closest("dialog").close();
    fetch("/api/v1/messages", { method: "DELETE" }).then(() => visit("/"));
  } else if (form.dataset.action === "delete") {
    event.preventDefault();
    remove();
  } else if (form.dataset.action === "mark") {
    event.preventDefault();
    mark(opened(), event.submitter.value === "yes").then(backToList);
  } else if (form.classList.contains("find")) {
    event.preventDefault();
    visit(`/?${new URLSearchParams(new FormData(form))}`);
  }
}

/** Delete the open message and show the next one, or the list. */
export async function remove() {
  const id = opened();
  if (!id) return;
  const row = document.querySelector(`#rows [data-id="${Number(id)}"]`);
  const next = (row?.nextElementSibling ?? row?.previousElementSibling)?.querySelector("a")?.href;
  await fetch("/api/v1/messages", {
    method: "DELETE",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ IDs: [id] }),
  });
  const narrow = matchMedia("(max-width: 46rem)").matches;
  if (next && !narrow) await visit(next);
  else await backToList();
}

export async function backToList() {
  await visit(document.querySelector("#message .back")?.href ?? "/");
}

async function copy(button) {
  const text = button.parentElement.querySelector("code").textContent;
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

export function listen() {
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  addEventListener("popstate", () => visit(location.href, { push: false }));
}
