/**
 * What a client reported that it showed in a case, a line for each report, in the order of their
 * numbers or of their arrival.
 *
 * @import { LabReport } from "../server.js"
 */

import { markup, part, setText } from "../parts/dom.js";
import { reportWords, time } from "./lab-words.js";
import { textNodes } from "../bytes/lines.js";

const newReport = markup(`
  <li><span class="at" title="When the report came, since the first request of the case"></span
    ><span class="kind"></span><span class="brought">last event id <code></code></span
    ><pre class="text"></pre></li>`);

/** What is drawn in each list. @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap();

/** @param {LabReport} report */
function drawnReport({ at, kind, name, id, text }) {
  const item = part(newReport(), "li");
  item.dataset.kind = kind;
  setText(part(item, ".at"), time(at));
  setText(part(item, ".kind"), reportWords({ kind, name }));
  part(item, ".brought").hidden = !id;
  part(item, ".brought code").append(...textNodes(id ?? ""));
  part(item, ".text").append(...textNodes(text));
  return item;
}

/**
 * Draws only where they differ from those that are drawn, so that a selection stays.
 *
 * @param {HTMLElement} list
 * @param {LabReport[]} reports
 */
export function drawReports(list, reports) {
  const key = JSON.stringify(reports);
  if (drawn.get(list) === key) return;
  drawn.set(list, key);
  list.replaceChildren(...reports.map(drawnReport));
}
