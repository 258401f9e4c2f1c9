// A message that was deleted elsewhere while somebody reads it or goes to it: the pane says so, and what can be done.

import { t } from "./texts.js";

/** Say in a pane that its message is gone. reading: whether other views of it are still open beside. */
export function sayGone(pane, { reading = false } = {}) {
  const said = document.getElementById("gone").content.cloneNode(true);
  said.querySelector("[data-says]").textContent = reading ? t("gone_reading") : t("gone");
  pane.replaceChildren(said);
  pane.removeAttribute("aria-busy");
}
