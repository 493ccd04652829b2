/**
 * <case-line>: the picture of a case, in the grammar of the timeline. A hairline is an answer that
 * is open, a tick is a piece that was sent, a square is an end, and the dashed line behind it is
 * the wait until the client is back.
 *
 * @import { LabCase, LabSent } from "../server.js"
 * @import { Scene } from "./case-scene.js"
 */

import { axisOf, sceneOf, sceneWords, withRoom } from "./case-scene.js";
import { nextFrame } from "../parts/next-frame.js";

const NS = "http://www.w3.org/2000/svg";
/** Where lines lie, in pixels. */
const [TOP, ROW, BELOW, AXIS] = [26, 12, 20, 16];
const SIDE = 12;
/** The width of a letter of the labels, which are 11 px high. */
const LETTER = 6.6;

export class CaseLine extends HTMLElement {
  /** @type {Scene | null} */
  #scene = null;
  #drawn = "";

  connectedCallback() {
    this.role = "img";
    new ResizeObserver(() => nextFrame(this.#draw)).observe(this);
  }

  /**
   * @param {LabCase} seen
   * @param {readonly LabSent[]} sent
   */
  show(seen, sent) {
    this.#scene = sceneOf(seen, sent);
    this.ariaLabel = sceneWords(this.#scene);
    this.hidden = this.#scene.spans.length === 0;
    nextFrame(this.#draw);
  }

  #draw = () => {
    const [scene, width] = [this.#scene, this.clientWidth];
    if (!scene || width === 0) return;
    const key = `${width} ${JSON.stringify(scene)}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.replaceChildren(picture(scene, width));
  };
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function shape(name, attributes, text) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * @param {number} x @param {number} y @param {number} to
 * @param {string} kind
 */
const across = (x, y, to, kind) =>
  shape("line", { class: kind, x1: x, y1: y + 0.5, x2: Math.max(x + 1, to), y2: y + 0.5 });

/**
 * @param {number} x @param {number} from @param {number} to
 * @param {string} kind
 */
const down = (x, from, to, kind) =>
  shape("line", { class: kind, x1: x + 0.5, y1: from, x2: x + 0.5, y2: to });

/**
 * @param {Scene} scene
 * @param {number} width
 */
function picture({ spans, waits, gone, end }, width) {
  const rows = Math.max(...spans.map(({ row }) => row)) + 1;
  const foot = TOP + rows * ROW + BELOW;
  const svg = shape("svg", { width, height: foot + AXIS, "aria-hidden": "true" });
  const at = (/** @type {number} */ ms) => Math.round(SIDE + (ms / end) * (width - 2 * SIDE));
  const yOf = (/** @type {number} */ row) => TOP + row * ROW;
  svg.append(across(SIDE, foot, width - SIDE, "axis"));
  for (const { ms, words } of axisOf(end, width)) {
    const x = at(ms);
    svg.append(down(x, foot, foot + 3, "axis"));
    const anchor = ms === 0 ? "start" : x > width - 40 ? "end" : "middle";
    svg.append(shape("text", { class: "time", x, y: foot + 14, "text-anchor": anchor }, words));
  }
  for (const { from, to } of waits) {
    if (at(to) - at(from) > 4) svg.append(across(at(from) + 4, TOP, at(to) - 1, "wait"));
  }
  for (const { x, words, isGone } of withRoom(waitLabels({ waits, gone }, at, width), 6)) {
    const kind = isGone ? "gone" : "length";
    svg.append(shape("text", { class: kind, x, y: 14, "text-anchor": "middle" }, words));
  }
  if (gone !== null) svg.append(across(at(gone) + 6, TOP, width - SIDE, "away"));
  spans.forEach(({ from, to, by, hasAnswer, ticks, row }, index) => {
    const y = yOf(row);
    if (hasAnswer) svg.append(across(at(from), y, at(to), by === null ? "open" : "answer"));
    for (const x of new Set(ticks.map(at))) svg.append(down(x, y - 4, y + 5, "tick"));
    svg.append(down(at(from), y - 7, y + 8, index === 0 ? "came" : "back"));
    if (by !== null) {
      const square = { x: at(to) - 3, y: y - 3, width: 7, height: 7 };
      svg.append(shape("rect", { class: `end ${by}`, ...square }));
    }
  });
  const names = spans.map(({ from, words }) => {
    const room = words.length * LETTER;
    const x = Math.min(width - SIDE - room / 2, Math.max(SIDE + room / 2, at(from)));
    return { x, width: room, words };
  });
  for (const { x, words } of withRoom(names, 8)) {
    const y = foot - 7;
    svg.append(shape("text", { class: "name", x, y, "text-anchor": "middle" }, words));
  }
  return svg;
}

/**
 * The lengths of the waits, where each has room over its own line or over nothing else.
 *
 * @param {Pick<Scene, "waits" | "gone">} scene
 * @param {(ms: number) => number} at
 * @param {number} width
 */
function waitLabels({ waits, gone }, at, width) {
  const labels = waits.map(({ from, to, words }) => ({
    x: Math.min(width - 40, Math.max(40, (at(from) + at(to)) / 2)),
    width: words.length * LETTER,
    words,
    isGone: false,
  }));
  if (gone !== null) {
    const words = "not back";
    const room = words.length * LETTER;
    const x = Math.min(width - SIDE - room / 2, (at(gone) + width) / 2);
    labels.push({ x, width: room, words, isGone: true });
  }
  return labels;
}

customElements.define("case-line", CaseLine);
