/**
 * The hands on the timeline: pointer, wheel and keys. It turns them into what is shown, what is
 * chosen and what is opened, and draws nothing.
 *
 * @import { Lane } from "./timeline-data.js"
 * @import { Found } from "./timeline-hit.js"
 * @import { Scene } from "./timeline-scene.js"
 * @import { Shown } from "./timeline-scale.js"
 */

import { foundAt, laneIndexAt, nextThing } from "./timeline-hit.js";
import { LANE } from "./timeline-scene.js";
import { hasModifier, listStep, stepIndex } from "../parts/keys.js";
import {
  ZOOM,
  atBeginning,
  between,
  endOf,
  panned,
  revealing,
  timeOf,
  zoomed,
} from "./timeline-scale.js";

/** A pointer that moved less far pressed; one that moved further brushed. */
const BRUSH_PX = 4;
/** What Shift and an arrow move by. */
const PAN = 0.2;

/**
 * @typedef {object} Ways
 * @property {() => Scene | null} scene
 * @property {() => Shown} shown
 * @property {() => number} now
 * @property {() => { lane: number | null, at: number | null }} cursor
 * @property {(shown: Shown) => void} show
 * @property {(place: { x: number, y: number } | null) => void} point where the pointer is in the
 *   plot; left of 0 it is on the names
 * @property {(lane: number | null, at: number | null) => void} choose
 * @property {(from: number | null, to: number) => void} brush
 * @property {(found: Found | null) => boolean} open
 * @property {(lane: Lane, place: { x: number, y: number }) => void} act shows what can be done to
 *   the client of a lane, at a place of the window
 * @property {() => void} hold
 * @property {() => boolean} reset
 */

export class TimelineInput {
  #scroller;
  #plot;
  #ways;
  /** Where a press began. @type {{ x: number, y: number, brushes: boolean } | null} */
  #press = null;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} plot
   * @param {Ways} ways
   */
  constructor(scroller, plot, ways) {
    this.#scroller = scroller;
    this.#plot = plot;
    this.#ways = ways;
    scroller.addEventListener("keydown", this.#onKey);
    scroller.addEventListener("pointerdown", this.#onDown);
    scroller.addEventListener("pointermove", this.#onMove);
    scroller.addEventListener("pointerup", this.#onUp);
    scroller.addEventListener("contextmenu", this.#onMenu);
    scroller.addEventListener("pointercancel", () => this.#drop());
    scroller.addEventListener("pointerleave", () => {
      if (!this.#press) ways.point(null);
    });
    // it moves time, or else the lanes scroll as anything does
    scroller.addEventListener("wheel", this.#onWheel, { passive: false });
  }

  /**
   * Zooms about the cursor where that is in view, or else about the right edge or the middle.
   *
   * @param {number} steps below 0 shows more
   */
  zoom(steps) {
    const { shown, now, cursor, show } = this.#ways;
    const [part, at] = [shown(), cursor().at];
    const end = endOf(part, now());
    const isIn = at !== null && at <= end && at >= end - part.span;
    const about = isIn ? at : part.end === null ? null : end - part.span / 2;
    show(zoomed(part, ZOOM ** steps, about, now()));
  }

  /** @param {MouseEvent} event */
  #place(event) {
    const { left, top } = this.#plot.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** @param {PointerEvent} event */
  #onDown = (event) => {
    if (event.target instanceof Element && event.target.closest("button")) return;
    const { x, y } = this.#place(event);
    const scene = this.#ways.scene();
    // the scroll bar is not the plot's
    if (event.button !== 0 || !scene || x > scene.width) return;
    this.#press = { x, y, brushes: false };
    if (event.pointerType === "mouse") this.#scroller.setPointerCapture(event.pointerId);
  };

  /** @param {PointerEvent} event */
  #onMove = (event) => {
    const { x, y } = this.#place(event);
    const scene = this.#ways.scene();
    if (!scene) return;
    if (this.#press && this.#press.x >= 0) {
      if (Math.abs(x - this.#press.x) >= BRUSH_PX) this.#press.brushes = true;
      const to = Math.min(scene.scale.right, Math.max(0, x));
      if (this.#press.brushes) this.#ways.brush(this.#press.x, to);
    }
    this.#ways.point(x > scene.width ? null : { x, y });
  };

  /** @param {PointerEvent} event */
  #onUp = (event) => {
    const [press, scene] = [this.#press, this.#ways.scene()];
    this.#drop();
    if (!press || !scene) return;
    const { x, y } = this.#place(event);
    if (press.brushes) {
      const [from, to] = [press.x, Math.min(scene.scale.right, Math.max(0, x))];
      const { scale } = scene;
      this.#ways.show(between(timeOf(scale, from), timeOf(scale, to), this.#ways.now()));
      return;
    }
    const index = laneIndexAt(scene, y);
    if (index < 0) return;
    if (x < 0) {
      this.#ways.choose(scene.lanes[index].id, this.#ways.cursor().at);
    } else {
      const found = foundAt(scene, x, y);
      this.#ways.choose(scene.lanes[index].id, found.at);
      this.#ways.open(found);
    }
    this.#ways.point({ x, y });
  };

  /**
   * The second mouse button asks for the lane below it, the menu key for the chosen one.
   *
   * @param {MouseEvent} event
   */
  #onMenu = (event) => {
    const scene = this.#ways.scene();
    if (!scene) return;
    const byKey = event.button !== 2;
    const chosen = scene.lanes.findIndex(({ id }) => id === this.#ways.cursor().lane);
    const index = byKey ? chosen : laneIndexAt(scene, this.#place(event).y);
    if (index < 0) return;
    event.preventDefault();
    const { left, top } = this.#plot.getBoundingClientRect();
    const below = { x: left, y: top + (index + 1) * LANE - scene.top };
    this.#drop();
    this.#ways.act(scene.lanes[index], byKey ? below : { x: event.clientX, y: event.clientY });
  };

  #drop() {
    this.#press = null;
    this.#ways.brush(null, 0);
  }

  /** @param {WheelEvent} event */
  #onWheel = (event) => {
    const scene = this.#ways.scene();
    if (!scene) return;
    const { shown, now, show } = this.#ways;
    const along = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.ctrlKey) {
      const about = timeOf(scene.scale, Math.min(scene.scale.right, this.#place(event).x));
      // at the right edge it goes on following
      const edge = about >= scene.scale.to - 4 * scene.scale.msPerPx;
      const steps = -Math.sign(event.deltaY) * Math.min(1, Math.abs(event.deltaY) / 50);
      show(zoomed(shown(), ZOOM ** steps, edge && scene.follows ? null : about, now()));
    } else if (Math.abs(along) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      show(panned(shown(), along / scene.scale.right, now()));
    } else {
      return;
    }
    event.preventDefault();
  };

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (event.target !== this.#scroller || hasModifier(event)) return;
    if (this.#onTimeKey(event) || this.#onLaneKey(event)) event.preventDefault();
  };

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key has a meaning here
   */
  #onTimeKey({ key, shiftKey }) {
    const { shown, now, show, cursor, hold, reset, open } = this.#ways;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const way = key === "ArrowLeft" ? -1 : 1;
      if (shiftKey || cursor().lane === null) show(panned(shown(), way * PAN, now()));
      else this.#step(way);
    } else if (key === "+" || key === "=") this.zoom(1);
    else if (key === "-" || key === "_") this.zoom(-1);
    else if (key === "Home") show(atBeginning(shown(), now()));
    else if (key === "End") {
      this.#ways.choose(cursor().lane, null);
      show({ ...shown(), end: null });
    } else if (key === " ") hold();
    else if (key === "Enter") return open(null);
    else if (key === "Escape") {
      if (!this.#press) return reset();
      this.#drop();
    } else return false;
    return true;
  }

  /** @param {1 | -1} way */
  #step(way) {
    const scene = this.#ways.scene();
    const { lane: id, at } = this.#ways.cursor();
    const lane = scene?.lanes.find((one) => one.id === id);
    if (!scene || !lane) return;
    const now = this.#ways.now();
    // it enters at the right edge, as what is there is newest
    const from = at ?? (way < 0 ? scene.scale.to + 1 : scene.scale.from - 1);
    const next = nextThing(scene, lane, from, way);
    if (next === null) return;
    this.#ways.choose(lane.id, next);
    this.#ways.show(revealing(this.#ways.shown(), next, now));
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key has a meaning here
   */
  #onLaneKey(event) {
    const step = listStep(event);
    const scene = this.#ways.scene();
    if (!step || step === "first" || step === "last" || !scene || scene.lanes.length === 0) {
      return false;
    }
    const { lane, at } = this.#ways.cursor();
    const from = scene.lanes.findIndex(({ id }) => id === lane);
    const page = Math.max(1, Math.floor(scene.height / 24) - 3);
    const to = stepIndex(step, from, scene.lanes.length, page);
    this.#ways.choose(scene.lanes[to].id, at);
    return true;
  }
}
