// Where the scripts begin: they make the pages live; without them everything can still be read and deleted.

import { listen } from "./actions.js";
import * as boxes from "./boxes.js";
import * as deleting from "./deleting.js";
import { listenToKeys } from "./keys.js";
import { adopt, render } from "./list.js";
import { follow } from "./live.js";
import { listenToMessage } from "./message.js";
import { badge } from "./notify.js";
import { renewMoves } from "./moving.js";
import { current, onList, prepare, showOpened } from "./page.js";
import * as palette from "./palette.js";
import * as search from "./search.js";
import * as selection from "./selection.js";
import { keepTime } from "./times.js";
import * as toast from "./toast.js";

document.documentElement.dataset.scripted = "";
prepare(document);
keepTime();
if (document.getElementById("rows")) {
  // Only these pages have a list to keep; between the others the browser goes by itself.
  adopt((row) => {
    selection.mark(row);
    current(row);
  });
  onList(({ same }) => {
    if (same) selection.recount();
    else {
      selection.clear();
      search.adopt();
    }
    badge(Number(document.getElementById("list-head").dataset.unread));
  });
  showOpened();
  new ResizeObserver(() => render()).observe(document.getElementById("list"));
  listenToMessage();
  boxes.listen();
  deleting.listen();
  toast.listen();
  search.listen();
  follow();
}
if (document.getElementById("moves")) follow(renewMoves);
if (document.getElementById("palette")) {
  listen();
  palette.listen();
  listenToKeys();
}
