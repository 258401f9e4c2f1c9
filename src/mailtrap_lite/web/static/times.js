// Times in the reader's own zone and words. The server writes UTC, for those without scripts.

import { t } from "./texts.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const long = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = 86_400_000;

function short(then, now) {
  const age = now - then;
  if (age >= -5_000 && age < 45_000) return t("now");
  if (age >= 0 && age < 3_570_000) return t("minutes", { count: Math.max(1, Math.round(age / 60_000)) });
  if (then.toDateString() === now.toDateString()) return clock.format(then);
  if (age > 0 && age < 6 * DAY) return weekday.format(then);
  return then.getFullYear() === now.getFullYear() ? day.format(then) : date.format(then);
}

/** Write every time below a node. */
export function tell(root) {
  const now = new Date();
  for (const item of root.querySelectorAll("time[datetime]")) {
    const then = new Date(item.dateTime);
    if (Number.isNaN(then.getTime())) continue;
    item.textContent = "long" in item.dataset ? long.format(then) : short(then, now);
    item.title = full.format(then);
  }
}

/** Keep "3 min" true. */
export function keepTime() {
  setInterval(() => document.hidden || tell(document), 20_000);
}
