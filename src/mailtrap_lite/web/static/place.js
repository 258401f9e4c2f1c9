// Which list is shown, as the address says it: a mailbox or a search, and the order.

import { below, path } from "./base.js";

const NAMES = ["mailbox", "q", "sort"];

/** Return the query of the list that an address shows beside whatever else it shows. */
export function listOf(address = location.href) {
  const asked = new URL(address, location.href).searchParams;
  const query = new URLSearchParams();
  for (const name of NAMES) if (asked.get(name)) query.set(name, asked.get(name));
  return query;
}

/** Return the address of a path with the query of the list that is shown, and more. */
export function here(name, more = {}) {
  const query = listOf();
  for (const [key, value] of Object.entries(more)) query.set(key, value);
  const text = query.toString();
  return text ? `${path(name)}?${text}` : path(name);
}

/** Whether an address shows the list with the message or the tab that it names, in the three panes. */
export function isInPanes(address) {
  const name = below(address);
  return name !== null && (name === "" || name === "mailboxes" || /^message\/[^/]+$/.test(name));
}
