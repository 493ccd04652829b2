/**
 * What the signs of the timeline mean, each drawn as it is in a lane.
 */

import { markup } from "../parts/dom.js";

/** A line with ticks, up to `to`. @param {number} to */
const open = (to) => `<path class="open" d="M0 9.5H${to}"/>`;
/** @param {number[]} places */
const ticks = (places) =>
  `<path class="tick" d="${places.map((x) => `M${x}.5 4v11`).join("")}"/>`;

/** @type {readonly (readonly [string, string])[]} */
const SIGNS = [
  [open(44) + ticks([3, 12, 21, 30, 39]), "Open, with a tick for each event"],
  [
    `<path class="dense" d="M0 4h14v1h10V3h12v2h8v9H36v2H24v-2H14v1H0z"/>`,
    "Many events: the higher, the more",
  ],
  [`${open(12)}<path class="silent" d="M12 9.5H44"/>`, "Silent for longer than usual"],
  [
    `${open(12)}<path class="open" d="M34 9.5h10"/><rect x="9" y="7" width="6" height="6"/>
      <path class="back" d="M12 5C12-1 34-1 34 8"/>`,
    "Came back: green with nothing lost, amber with events twice, red with events lost",
  ],
  [
    `<rect x="4" y="7" width="6" height="6"/><path class="due" d="M28 6l4 4-4 4-4-4z"/>`,
    "When retry asked the client to reconnect",
  ],
  [
    `${open(20)}<rect class="fail" x="17" y="6" width="7" height="7"/>
      <path class="cut" d="M16.5 13.5l8-8"/>`,
    "Cut off before its end",
  ],
  [
    `<path class="cross" d="${[8, 20, 32].map((x) => `M${x} 6l7 7m0-7l-7 7`).join("")}"/>`,
    "Refused",
  ],
  [[6, 19, 32].map((x) => `<rect class="wait" x="${x}" y="6" width="6" height="8"/>`).join(""),
    "Answered with 204, and came again"],
  [
    `${open(44)}<path class="flag" d="M16 1h14v9H17v9h-1z"/>
      <text class="number" x="20" y="9">3</text>`,
    "Struck by a fault, with its number",
  ],
  [
    `<rect class="band" width="44" height="18"/><path class="edge" d="M0 18H44"/>${open(44)}`,
    "A fault is armed for this client",
  ],
  [`<path class="two" d="M0 6.5H44M12 13.5H44"/>`, "Two connections of one client at once"],
  [
    `<path class="away" d="M10 18L26 2M16 18L32 2M22 18L34 6M10 12L20 2M28 18L34 12"/>`,
    "The server was stopped",
  ],
];

/** A section for a dialog. */
export const newLegend = markup(
  `<section class="signs"><h3 class="meta">Signs of the timeline</h3><dl>${SIGNS.map(
    ([shapes, words]) =>
      `<dt><svg viewBox="0 0 44 20" width="44" height="20" aria-hidden="true">${shapes}</svg></dt>
      <dd>${words}</dd>`,
  ).join("")}</dl></section>`,
);
