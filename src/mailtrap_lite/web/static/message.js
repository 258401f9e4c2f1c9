// The open message: its tabs, and how wide its HTML is shown.

/** Show the panel of a tab; the address says so, for reload and for sharing. */
export function select(tab) {
  for (const other of tab.parentElement.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    if (chosen) other.removeAttribute("tabindex");
    else other.setAttribute("tabindex", "-1");
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !chosen;
  }
  history.replaceState(null, "", tab.href);
}

let width = "full";

/** Show the HTML as wide as a button says, also for the messages that are opened next. */
export function widen(button) {
  width = button.dataset.width;
  stage(document);
}

export function stage(root) {
  const frame = root.querySelector(".stage");
  if (!frame) return;
  frame.dataset.width = width;
  for (const button of root.querySelectorAll(".widths button")) {
    button.setAttribute("aria-pressed", String(button.dataset.width === width));
  }
}
