// The overlay with all keys, and the switch for notifications.

import { COMMANDS } from "./commands.js";
import { showSwitch } from "./notify.js";
import { t } from "./texts.js";

const SHOWN = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc", Delete: "Del" };

function line(command) {
  const [row, keys, says] = ["div", "dt", "dd"].map((name) => document.createElement(name));
  for (const key of command.keys) {
    const one = document.createElement("kbd");
    one.textContent = (command.shift && key.startsWith("Arrow") ? "⇧ " : "") + (SHOWN[key] ?? key);
    keys.append(one, " ");
  }
  says.textContent = t(`command_${command.name}`);
  row.append(keys, says);
  return row;
}

export function showHelp() {
  document.getElementById("shortcuts").replaceChildren(...COMMANDS.filter(({ keys }) => keys.length).map(line));
  showSwitch();
  document.getElementById("help").showModal();
}
