// News from the server: a stream of events while somebody looks. A hidden page lets go of its stream, because a browser
// opens only six connections to one server, and asks again when it is shown.

import { refresh } from "./page.js";
import { t } from "./texts.js";

let source = null;
let busy = false;
let again = false;
let cursor = null;

function say(state, text) {
  const live = document.getElementById("live");
  if (!live || live.dataset.state === state) return;
  live.dataset.state = state;
  live.querySelector(".says").textContent = text;
}

async function changed() {
  if (busy) {
    again = true; // one request at a time, and one more behind it, however much mail comes
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      await refresh();
    } while (again);
  } catch {
    // the server is away; the stream will tell when it is back
  } finally {
    busy = false;
  }
}

function connect() {
  if (source) return;
  source = new EventSource("/api/v1/events");
  source.onopen = () => say("on", t("live"));
  source.onerror = () => {
    say("off", t("reconnecting"));
    if (source && source.readyState === EventSource.CLOSED) {
      source = null; // refused, for example when too many pages are live
      setTimeout(() => document.hidden || connect(), 5000);
    }
  };
  source.addEventListener("change", (event) => {
    const news = JSON.parse(event.data);
    const head = document.getElementById("list-head");
    const before = cursor;
    cursor = news.Cursor;
    if (before !== null && news.Cursor > before) announce(news.Messages.length);
    const same = before === null && head && Number(head.dataset.total) === news.Total && Number(head.dataset.unread) === news.Unread;
    if (!same) changed();
  });
}

function disconnect() {
  source?.close();
  source = null;
}

function announce(count) {
  const says = document.getElementById("says");
  if (says && count) says.textContent = count === 1 ? t("one_arrived") : t("many_arrived", { count });
}

export function follow() {
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", () => document.hidden || connect());
  if (!document.hidden) connect();
}
