// What tells of new mail where nobody looks: the count in the title and the icon, and notifications for those who
// switched them on. The choice stays in this browser; nothing is asked before somebody clicks.

import { path } from "./base.js";
import { visit } from "./page.js";
import { t } from "./texts.js";

const CHOICE = "mailtrap-lite.notify";
const MOST = 3; // told one by one; more are told as a number

/** Whether notifications are on. */
export function wanted() {
  return "Notification" in globalThis && Notification.permission === "granted" && localStorage.getItem(CHOICE) === "yes";
}

/** Write how many are unread into the title and the icon. */
export function badge(unread) {
  const plain = document.title.replace(/^\(\d+\) /, "");
  document.title = unread ? `(${unread}) ${plain}` : plain;
  const icon = document.getElementById("favicon");
  icon.dataset.plain ??= icon.getAttribute("href");
  const href = unread ? icon.dataset.unread : icon.dataset.plain;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

/** Tell of messages that arrived while nobody looked. news: as the event stream has them. */
export function notify(messages) {
  if (!messages.length || !wanted() || document.hasFocus()) return;
  if (messages.length > MOST) {
    say(t("notify_many", { count: messages.length }), "", path(""));
    return;
  }
  for (const message of messages) {
    const from = message.From?.Name || message.From?.Address || "";
    say(message.Subject || t("no_subject"), from, path(`message/${encodeURIComponent(message.ID)}`));
  }
}

function say(title, body, address) {
  const note = new Notification(title.slice(0, 200), { body: body.slice(0, 200), icon: path("static/icon.svg"), tag: address });
  note.onclick = () => {
    window.focus();
    visit(address);
    note.close();
  };
}

/** Show in the help whether they are on. */
export function showSwitch() {
  const button = document.getElementById("notify-button");
  const isDenied = !("Notification" in globalThis) || Notification.permission === "denied";
  button.hidden = isDenied;
  button.textContent = wanted() ? t("notify_turn_off") : t("notify_turn_on");
  document.getElementById("notify-says").textContent = isDenied ? t("notify_denied") : wanted() ? t("notify_on") : t("notify_off");
}

export async function toggle() {
  if (wanted()) localStorage.setItem(CHOICE, "no");
  else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(CHOICE, "yes");
  showSwitch();
}
