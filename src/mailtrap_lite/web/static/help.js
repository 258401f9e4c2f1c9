// The overlay with all keys, and the switch for notifications.

import { offered } from "./commands.js";
import { showSwitch } from "./notify.js";
import { t } from "./texts.js";

const SHOWN = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc", Delete: "Del" };

function keysOf(command) {
  return command.keys.map((key) => {
    const one = document.createElement("kbd");
    one.textContent = (command.shift && key.startsWith("Arrow") ? "⇧ " : "") + (SHOWN[key] ?? key);
    return one;
  });
}

/** Return a line for what several keys do alike. */
function line(name) {
  const [row, keys, says] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
  for (const key of offered().filter((command) => command.name === name).flatMap(keysOf)) keys.append(key, " ");
  says.textContent = t(`command_${name}`);
  row.append(keys, says);
  return row;
}

export function showHelp() {
  const names = [...new Set(offered().filter(({ keys }) => keys.length).map(({ name }) => name))];
  document.getElementById("shortcuts").replaceChildren(...names.map(line));
  showSwitch();
  document.getElementById("help").showModal();
}
