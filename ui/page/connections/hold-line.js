/**
 * What the bar of the table says of its order: by which hidden column it is sorted, and whether it
 * is held or paused.
 */

import { newIcon } from "../parts/icons.js";
import { part, setText } from "../parts/dom.js";

/**
 * @param {HTMLElement} table
 * @param {{ sorted: string, paused: boolean, holds: boolean }} state
 */
export function drawHold(table, { sorted, paused, holds }) {
  const line = part(table, ".sorted");
  setText(line, sorted);
  line.title = sorted === "" ? "" : "The table is sorted by a column that does not fit";
  const hold = part(table, ".hold");
  setText(hold, paused ? "Paused" : holds ? "Order held" : "");
  hold.title = paused ? "" : "Rows keep their order while the pointer or the cursor is on one";
  const pause = part(table, "[data-act=pause]");
  if (pause.ariaPressed === String(paused)) return;
  pause.ariaPressed = String(paused);
  pause.replaceChildren(newIcon(paused ? "play" : "pause"));
  pause.title = paused ? "Go on (Space)" : "Pause (Space)";
}
