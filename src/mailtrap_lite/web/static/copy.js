// Putting a text where it can be pasted from, and saying so on the button for a while.

import { t } from "./texts.js";

const TIME = 1500; // milliseconds

/** Copy a text. name: the element of the button that says what it does. */
export async function copy(text, button, name = button) {
  await navigator.clipboard.writeText(text);
  if (button.classList.contains("done")) return;
  const was = name.textContent;
  name.textContent = t("copied");
  button.classList.add("done");
  setTimeout(() => {
    name.textContent = was;
    button.classList.remove("done");
  }, TIME);
}
