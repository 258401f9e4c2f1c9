// Where the scripts begin: they make the pages live; without them everything can still be read and deleted.

import { prepare } from "./page.js";
import { follow } from "./live.js";
import { listen } from "./actions.js";
import { listenToKeys } from "./keys.js";
import { listenToMessage } from "./message.js";
import { keepTime } from "./times.js";

prepare(document);
keepTime();
if (document.getElementById("rows")) {
  // Only these pages have a list to keep; between the others the browser goes by itself.
  listenToMessage();
  listen();
  listenToKeys();
  follow();
}
