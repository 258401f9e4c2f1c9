// News from the server: a stream of events while somebody looks. A hidden page lets go of its stream, because a browser
// opens only six connections to one server, unless it is to notify; it goes on from its cursor when it is shown again.

import { path } from "./base.js";
import { badge, notify, wanted } from "./notify.js";
import { refresh } from "./page.js";
import { t } from "./texts.js";

const RETRY = 5000; // milliseconds after which a refused stream, or a list that did not come, is asked for again

let source = null;
let renew = refresh; // brings what is shown to what there is now
let isListed = shows; // whether the page shows what news are about already
let busy = false;
let again = false;
let retry = 0;
let cursor = null; // the newest message that we were told of
let isNew = true; // the stream just began, so what was missed is unknown

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
  clearTimeout(retry);
  try {
    do {
      again = false;
      await renew();
    } while (again);
  } catch {
    isNew = true; // if the server is away, the stream will tell when it is back; if only this failed, nobody will
    if (source) retry = setTimeout(changed, RETRY);
  } finally {
    busy = false;
  }
}

/** Whether the page shows what the news are about: as many messages, as many unread, up to the same one. */
function shows(news) {
  const { total, unread, newest } = document.getElementById("list-head").dataset;
  return Number(total) === news.Total && Number(unread) === news.Unread && Number(newest) === news.Cursor;
}

function told(event) {
  const news = JSON.parse(event.data);
  const before = cursor;
  cursor = news.Cursor;
  badge(news.Unread);
  if (before !== null && news.Cursor > before) {
    announce(news.Messages.length);
    notify(news.Messages);
  }
  // The first news after the page was written says only what the page knows. After a pause it may hide a change: one
  // that came and one that went are as many as before.
  const isKnown = isNew && before === null && isListed(news);
  isNew = false;
  if (!isKnown) changed();
}

function connect() {
  if (source) return;
  isNew = true;
  source = new EventSource(cursor === null ? path("api/v1/events") : `${path("api/v1/events")}?after=${cursor}`);
  source.onopen = () => say("on", t("live"));
  source.onerror = () => {
    say("off", t("reconnecting"));
    isNew = true;
    if (source?.readyState === EventSource.CLOSED) {
      source = null; // refused, for example when too many pages are live
      setTimeout(wake, RETRY);
    }
  };
  source.addEventListener("change", told);
}

function disconnect() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function wake() {
  if (!document.hidden || wanted()) connect();
  else disconnect();
}

function announce(count) {
  const says = document.getElementById("says");
  if (says && count) says.textContent = count === 1 ? t("one_arrived") : t("many_arrived", { count });
}

/** Keep the page live. then: brings it to what there is now, if it is not the list. */
export function follow(then = null) {
  if (then) [renew, isListed] = [then, () => false];
  document.addEventListener("visibilitychange", wake);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", wake);
  wake();
}
