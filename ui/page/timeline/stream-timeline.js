/**
 * <stream-timeline>: what happened when, a lane for each client. It asks for news while it is in
 * view and not held, and draws at most once a frame: when something changed, or when time moved by
 * a few pixels. Everything is the server's word; timeline-paint.js draws it.
 *
 * @import { TimelineView } from "../server.js"
 * @import { App } from "../types.js"
 * @import { Lane } from "./timeline-data.js"
 * @import { Found } from "./timeline-hit.js"
 * @import { Theme } from "./timeline-marks.js"
 * @import { Scene } from "./timeline-scene.js"
 */

import { FOOT, LANE } from "./timeline-scene.js";
import { MarkLayer } from "./timeline-layer.js";
import { TimelineData } from "./timeline-data.js";
import { TimelineInput } from "./timeline-input.js";
import { LaneActs } from "./lane-acts.js";
import { armedAt } from "./timeline-armed.js";
import { announce } from "../parts/announce.js";
import { columnWidth, laneName, paintLabels } from "./timeline-labels.js";
import { errorMessage } from "../parts/error-message.js";
import { foundAt, hairAt, inLane, laneIndexAt, openedBy } from "./timeline-hit.js";
import { foundWords, laneWords, summaryWords, timelineLabel } from "./timeline-words.js";
import { icon } from "../parts/icons.js";
import { isCalm, onThemeChange, readTheme } from "./timeline-theme.js";
import { markup, part, setText } from "../parts/dom.js";
import { paint } from "./timeline-paint.js";
import { nextFrame } from "../parts/next-frame.js";
import { Poll } from "../parts/poll.js";
import { FIRST_SHOWN, revealing, scaleOf, spanWords } from "./timeline-scale.js";

/** News is asked for as often as a table's. */
const ASK_EVERY_MS = 250;
/** While it is held, the server is asked often enough that it goes on counting. */
const HELD_EVERY_MS = 2000;
/** So many answers wait at most, or else all is asked for anew. */
const WAITING = 300;
/** What has not been heard of for so long is not drawn as if it went on. */
const STALE_MS = 1500;
/** Room between now and the edge. */
const MARGIN = 24;
/**
 * Room for so many lanes, whether or not they are there, so that the first ones move nothing. Half
 * a lane shows that there are more.
 */
const LEAST_LANES = 7.5;
/** Time moves by so many pixels, and no more often than this. */
const STRIDE = 3;
const LEAST_TICK_MS = 50;
/** An answer is late by then. */
const LATE_MS = 100;
const TOLD_MS = 1500;

const newTimeline = markup(`
  <div class="bar">
    <p class="readout"><span class="time"></span><b class="name"></b><span class="words"></span></p>
    <span class="shown" aria-hidden="true"></span>
    <button type="button" class="tool" data-act="now" title="Go to now (End)"
      aria-label="Go to now">${icon("now")}</button>
    <button type="button" class="tool" data-act="out" title="Show more time (-)"
      aria-label="Show more time">${icon("zoom-out")}</button>
    <button type="button" class="tool" data-act="in" title="Show less time (+)"
      aria-label="Show less time">${icon("zoom-in")}</button>
    <button type="button" class="tool" data-act="hold" aria-pressed="false"
      title="Hold the timeline (Space)" aria-label="Hold the timeline">${icon("pause")}</button>
    <button type="button" class="tool" data-act="picture" title="Copy the picture"
      aria-label="Copy the picture">${icon("picture")}</button>
  </div>
  <div class="frame">
    <div class="scroller" role="application" aria-roledescription="timeline" tabindex="0"
      aria-keyshortcuts="+ - Space Enter Home End Escape">
      <div class="sheet">
        <canvas class="labels"></canvas>
        <canvas class="plot"></canvas>
        <lane-acts></lane-acts>
      </div>
      <div class="room"></div>
    </div>
    <p class="none quiet">Each client gets a lane here. It shows when the client was away, for
      how long, and what that cost.</p>
    <div class="hair" hidden></div>
    <div class="brush" hidden></div>
    <span class="clock" hidden></span>
  </div>
  <span class="probe" aria-hidden="true"></span>`);

export class StreamTimeline extends HTMLElement {
  /** Called when a person opens a connection at a moment. */
  onopen = (/** @type {{ connection: number, atMs: number }} */ _opened) => {};
  /** @type {App | null} */
  #app = null;
  /** @type {Poll<TimelineView> | null} */
  #poll = null;
  #data = new TimelineData();
  /** @type {Theme | null} */
  #theme = null;
  /** @type {TimelineInput | null} */
  #input = null;
  #shown = FIRST_SHOWN;
  /** Now, as of when it was held. @type {number | null} */
  #heldAt = null;
  /** What was answered while it was held. @type {TimelineView[]} */
  #waiting = [];
  #askedAt = -Infinity;
  /** The server's wall clock, less this page's own clock. @type {number | null} */
  #ahead = null;
  #toldAt = -Infinity;
  /** The lane that keys chose, and the moment that they stand at. */
  #cursor = { lane: /** @type {number | null} */ (null), at: /** @type {number | null} */ (null) };
  /** Where the pointer is in the plot. @type {{ x: number, y: number } | null} */
  #pointer = null;
  #layer = new MarkLayer();
  /** @type {Scene | null} */
  #scene = null;
  /** What the two canvases show, so that none is drawn twice. */
  #drawn = { plot: "", labels: "" };
  /** Goes up with each change that is seen in the plot. */
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #told;
  /** The next moment that time moves. @type {ReturnType<typeof setTimeout> | undefined} */
  #next;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.append(newTimeline());
    this.#poll = new Poll(
      { ask: () => this.#ask(), answered: (view) => this.#answered(view), failed: () => {} },
      { pauseMs: ASK_EVERY_MS, calmMs: ASK_EVERY_MS },
    );
    const scroller = part(this, ".scroller");
    this.#input = new TimelineInput(scroller, this.#canvas("plot"), {
      scene: () => this.#scene,
      shown: () => this.#shown,
      now: () => this.#now,
      cursor: () => this.#cursor,
      show: (shown) => this.#show(shown),
      point: (place) => this.#point(place),
      choose: (lane, at) => this.#choose(lane, at),
      brush: (from, to) => this.#brush(from, to),
      open: (found) => this.#open(found),
      act: (lane, place) => this.#acts.open(lane, place),
      hold: () => this.#hold(this.#heldAt === null),
      reset: () => this.#reset(),
    });
    for (const [act, run] of Object.entries({
      now: () => this.#show({ ...this.#shown, end: null }),
      out: () => this.#input?.zoom(-1),
      in: () => this.#input?.zoom(1),
      hold: () => this.#hold(this.#heldAt === null),
      picture: () => this.#copyPicture(),
    })) {
      part(this, `[data-act=${act}]`).addEventListener("click", run);
    }
    scroller.addEventListener("scroll", () => this.#changed(), { passive: true });
    this.#acts.connect(app, scroller);
    app.store.on("faults", () => nextFrame(this.#drawActs));
    onThemeChange(() => {
      this.#theme = null;
      this.#changed();
    });
    new ResizeObserver(this.#moved).observe(scroller);
    document.addEventListener("visibilitychange", this.#moved);
    app.store.on("connections", () => this.#poll?.nudge());
  }

  get #acts() {
    return /** @type {LaneActs} */ (part(this, "lane-acts"));
  }

  focus() {
    part(this, ".scroller").focus({ preventScroll: true });
  }

  /** The height that fits the lanes, bar and axis included. */
  get fit() {
    const lanes = Math.max(LEAST_LANES, this.#data.lanes.length);
    return part(this, ".bar").offsetHeight + lanes * LANE + FOOT + 1;
  }

  /** @param {"labels" | "plot"} name */
  #canvas(name) {
    return /** @type {HTMLCanvasElement} */ (part(this, `canvas.${name}`));
  }

  get #isVisible() {
    return !document.hidden && part(this, ".scroller").clientHeight > 0;
  }

  /** The server's wall clock, as well as it is known here. */
  get #now() {
    if (this.#heldAt !== null) return this.#heldAt;
    return this.#ahead === null ? this.#data.toldAt : performance.now() + this.#ahead;
  }

  #ask() {
    if (!this.#isVisible) return null;
    const now = performance.now();
    if (this.#heldAt !== null && now - this.#askedAt < HELD_EVERY_MS) {
      return this.#askedAt + HELD_EVERY_MS - now;
    }
    this.#askedAt = now;
    const { cursor } = this.#waiting.at(-1) ?? this.#data;
    return /** @type {App} */ (this.#app).host.timeline(cursor);
  }

  /** @param {TimelineView} view */
  #answered(view) {
    const ahead = view.now_ms - performance.now();
    // the fastest answer is the least late
    const jumped = this.#ahead === null || Math.abs(ahead - this.#ahead) > 1000;
    this.#ahead = jumped ? ahead : Math.max(ahead, Number(this.#ahead));
    this.#toldAt = performance.now();
    this.#waiting.push(view);
    // somebody reads
    if (this.#heldAt === null) this.#takeAll();
    else if (this.#waiting.length > WAITING) this.#waiting = [];
  }

  #takeAll() {
    const lanes = this.#data.lanes.length;
    const atEnd = this.#isScrolledToEnd;
    for (const view of this.#waiting) this.#data.take(view);
    this.#waiting = [];
    part(this, ".none").hidden = this.#data.lanes.length > 0;
    if (this.#data.lanes.length !== lanes) {
      this.#sizeRoom();
      const scroller = part(this, ".scroller");
      if (atEnd) scroller.scrollTop = scroller.scrollHeight;
    }
    this.#changed();
  }

  #sizeRoom() {
    const sheet = part(this, ".scroller").clientHeight;
    const whole = this.#data.lanes.length * LANE + FOOT;
    part(this, ".room").style.blockSize = `${Math.max(0, whole - sheet)}px`;
  }

  get #isScrolledToEnd() {
    const { scrollTop, scrollHeight, clientHeight } = part(this, ".scroller");
    return scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 2;
  }

  /** The view changed, or the place is shown again. */
  #moved = () => {
    if (!this.#isVisible) return;
    this.#sizeRoom();
    this.#changed();
    this.#poll?.nudge();
  };

  #changed() {
    this.#turn += 1;
    nextFrame(this.#draw);
  }

  #draw = () => {
    if (!this.#isVisible) return;
    this.#theme ??= readTheme(part(this, ".probe"));
    const scroller = part(this, ".scroller");
    const [width, height] = [scroller.clientWidth, scroller.clientHeight];
    const column = columnWidth(width);
    const now = this.#now;
    const scale = scaleOf(this.#shown, now, {
      left: 0,
      right: width - column - MARGIN,
      calm: isCalm(),
    });
    const fresh = performance.now() - this.#toldAt < STALE_MS;
    const { lane } = this.#cursor;
    /** @type {Scene} */
    const scene = {
      width: width - column,
      height,
      ratio: devicePixelRatio,
      lanes: this.#data.lanes,
      top: scroller.scrollTop,
      scale,
      now: fresh || this.#heldAt !== null ? now : Math.min(now, this.#data.toldAt),
      follows: this.#shown.end === null && this.#heldAt === null,
      away: this.#data.away,
      armed: this.#data.armed,
      uncounted: this.#data.uncounted,
      theme: this.#theme,
      chosen: lane,
    };
    this.#scene = scene;
    const size = `${width} ${height} ${scene.ratio}`;
    const plot = `${this.#turn} ${scale.origin} ${size}`;
    if (plot !== this.#drawn.plot) {
      this.#drawn.plot = plot;
      paint(contextOf(this.#canvas("plot"), scene), scene, this.#layer);
      this.#drawLabels(scene, column, size);
      this.#drawWords();
      this.#drawHair();
      this.#drawActs();
    }
    this.#tick(scale.msPerPx);
  };

  /**
   * While it follows now, time moves: by a few pixels, or with the next answer where that comes
   * sooner. Each frame is dear where the system has no graphics card.
   *
   * @param {number} msPerPx
   */
  #tick(msPerPx) {
    clearTimeout(this.#next);
    if (this.#shown.end !== null || this.#heldAt !== null) return;
    const pause = Math.min(ASK_EVERY_MS + LATE_MS, Math.max(LEAST_TICK_MS, STRIDE * msPerPx));
    this.#next = setTimeout(() => nextFrame(this.#draw), pause);
  }

  /**
   * @param {Scene} scene
   * @param {number} width
   * @param {string} size
   */
  #drawLabels({ height, ratio, lanes, top, theme, chosen }, width, size) {
    const { ownTags: own } = /** @type {App} */ (this.#app);
    const names = lanes.map((lane) => `${lane.id} ${laneName(lane, own)} ${lane.stream}`);
    const labels = `${size} ${top} ${chosen} ${theme.text} ${names.join("\n")}`;
    if (labels === this.#drawn.labels) return;
    this.#drawn.labels = labels;
    const canvas = this.#canvas("labels");
    const scene = { width, height, ratio, lanes, top, theme, chosen, own };
    paintLabels(contextOf(canvas, scene), scene);
  }

  /** What is under the pointer, or else where the keys stand. @returns {Found | null} */
  get #found() {
    const scene = this.#scene;
    if (!scene) return null;
    if (this.#pointer) {
      return this.#pointer.x < 0 ? null : foundAt(scene, this.#pointer.x, this.#pointer.y);
    }
    const lane = this.#cursor.lane === null ? null : this.#data.lane(this.#cursor.lane);
    if (!lane || this.#cursor.at === null) return null;
    return inLane(scene, lane, this.#cursor.at);
  }

  #drawWords() {
    const { ownTags: own } = /** @type {App} */ (this.#app);
    const summary = summaryWords(this.#data);
    const scroller = part(this, ".scroller");
    const label = timelineLabel(summary);
    if (scroller.ariaLabel !== label) scroller.ariaLabel = label;
    const found = this.#found;
    const { time, name, words } = found
      ? foundWords(found, own, this.#armedAt(found))
      : { time: "", name: "", words: this.#pointedName ?? summary };
    setText(part(this, ".readout .time"), time);
    setText(part(this, ".readout .name"), name);
    setText(part(this, ".readout .words"), words);
    part(this, ".readout").title = words;
    const { end } = this.#shown;
    const held = this.#heldAt !== null ? "held, " : "";
    setText(part(this, ".shown"), `${held}${end === null ? "last " : ""}${spanWords(this.#shown)}`);
    part(this, "[data-act=now]").toggleAttribute("disabled", end === null);
  }

  /** What was armed where something was found. @param {Found} found */
  #armedAt(found) {
    return armedAt(this.#data.armed, "lane" in found ? found.lane : null, found.at);
  }

  /** The whole name of the lane whose name the pointer is on. */
  get #pointedName() {
    if (!this.#pointer || this.#pointer.x >= 0 || !this.#scene) return null;
    const index = laneIndexAt(this.#scene, this.#pointer.y);
    if (index < 0) return null;
    return this.#laneWords(this.#data.lanes[index]);
  }

  /** @param {Lane} lane */
  #laneWords(lane) {
    const { armed } = this.#data;
    return laneWords(lane, /** @type {App} */ (this.#app).ownTags, armedAt(armed, lane, this.#now));
  }

  #drawHair() {
    const [hair, clock] = [part(this, ".hair"), part(this, ".clock")];
    const found = this.#found;
    const scene = this.#scene;
    const x = found && scene ? hairAt(scene, found) : -1;
    const isIn = scene !== null && found !== null && x >= 0 && x <= scene.scale.right;
    hair.hidden = !isIn;
    clock.hidden = !isIn;
    if (!isIn) return;
    const column = part(this, ".sheet").clientWidth - scene.width;
    hair.style.translate = `${column + x}px 0`;
    setText(clock, foundWords(found, new Set()).time);
    const half = clock.offsetWidth / 2;
    const place = Math.min(scene.width - half - 2, Math.max(half, x));
    clock.style.translate = `${Math.round(column + place - half)}px 0`;
  }

  /** @param {typeof FIRST_SHOWN} shown */
  #show(shown) {
    this.#shown = shown;
    this.#changed();
  }

  /** @param {{ x: number, y: number } | null} place */
  #point(place) {
    this.#pointer = place;
    const canvas = this.#canvas("labels");
    const name = this.#pointedName ?? "";
    if (canvas.title !== name) canvas.title = name;
    nextFrame(this.#drawPointed);
  }

  #drawPointed = () => {
    this.#drawWords();
    this.#drawHair();
    this.#drawActs();
  };

  #drawActs = () => {
    const scene = this.#scene;
    if (!scene) return;
    const at = this.#pointer ? laneIndexAt(scene, this.#pointer.y) : -1;
    const column = part(this, ".sheet").clientWidth - scene.width;
    this.#acts.draw(scene, column, [scene.lanes[at]?.id, this.#cursor.lane ?? undefined]);
  };

  /**
   * @param {number | null} lane
   * @param {number | null} at
   */
  #choose(lane, at) {
    const changed = lane !== this.#cursor.lane;
    this.#cursor = { lane, at };
    if (at !== null) this.#shown = revealing(this.#shown, at, this.#now);
    this.#pointer = null;
    const { ownTags: own } = /** @type {App} */ (this.#app);
    const chosen = lane === null ? null : this.#data.lane(lane);
    if (chosen) this.#reveal(this.#data.lanes.indexOf(chosen));
    this.#changed();
    if (!chosen) return;
    if (changed) announce(this.#laneWords(chosen));
    else if (at !== null && this.#scene) {
      const found = inLane(this.#scene, chosen, at);
      const { time, words } = foundWords(found, own, this.#armedAt(found));
      announce(`${time} ${words}`);
    }
  }

  /** @param {number} index */
  #reveal(index) {
    const scroller = part(this, ".scroller");
    const room = scroller.clientHeight - FOOT;
    const top = index * LANE;
    scroller.scrollTop = Math.min(top, Math.max(scroller.scrollTop, top + LANE - room));
  }

  /**
   * @param {number | null} from null where nothing is brushed
   * @param {number} to
   */
  #brush(from, to) {
    const brush = part(this, ".brush");
    brush.hidden = from === null;
    if (from === null || !this.#scene) return;
    const column = part(this, ".sheet").clientWidth - this.#scene.width;
    brush.style.translate = `${column + Math.min(from, to)}px 0`;
    brush.style.inlineSize = `${Math.abs(to - from)}px`;
  }

  /** @param {Found | null} found what a press is on; null for what the keys stand at */
  #open(found) {
    const opened = openedBy(found ?? this.#found ?? { kind: "none", lane: null, at: 0 });
    if (opened) this.onopen(opened);
    return opened !== null;
  }

  /** @param {boolean} held */
  #hold(held) {
    this.#heldAt = held ? this.#now : null;
    part(this, "[data-act=hold]").ariaPressed = String(held);
    this.toggleAttribute("data-held", held);
    announce(held ? "Timeline held" : "Timeline goes on");
    if (!held) {
      // time goes on, and what was read is no longer under the cursor
      this.#cursor = { ...this.#cursor, at: null };
      this.#takeAll();
    }
    this.#changed();
    this.#poll?.nudge();
  }

  /** @returns {boolean} whether there was anything to go back from */
  #reset() {
    const isFirst =
      this.#shown.end === null &&
      this.#shown.span === FIRST_SHOWN.span &&
      this.#cursor.at === null;
    if (isFirst) return false;
    this.#shown = FIRST_SHOWN;
    this.#cursor = { ...this.#cursor, at: null };
    this.#changed();
    return true;
  }

  /** Copies names and picture as one, or saves them where pictures cannot be copied. */
  async #copyPicture() {
    const { host } = /** @type {App} */ (this.#app);
    const [labels, plot] = [this.#canvas("labels"), this.#canvas("plot")];
    const whole = document.createElement("canvas");
    whole.width = labels.width + plot.width;
    whole.height = plot.height;
    const ctx = whole.getContext("2d");
    ctx?.drawImage(labels, 0, 0);
    ctx?.drawImage(plot, labels.width, 0);
    try {
      const bytes = await bytesOf(whole);
      const copied = await host.copyPicture(bytes).then(() => true, () => false);
      if (copied) this.#tell("copied");
      else this.#tell(`saved to ${await host.save("timeline.png", bytes)}`);
    } catch (reason) {
      this.#tell(errorMessage(reason));
    }
  }

  /** Says beside the button what came of it. @param {string} words */
  #tell(words) {
    const button = part(this, "[data-act=picture]");
    clearTimeout(this.#told);
    announce(words);
    button.dataset.answer = words;
    this.#told = setTimeout(() => delete button.dataset.answer, TOLD_MS);
  }
}

/**
 * The context of a canvas that has a pixel for each of the screen's.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number, ratio: number }} size
 */
function contextOf(canvas, { width, height, ratio }) {
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.inlineSize = `${width}px`;
    canvas.style.blockSize = `${height}px`;
  }
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
}

/**
 * A canvas as a PNG, a character for each byte.
 *
 * @param {HTMLCanvasElement} canvas
 */
async function bytesOf(canvas) {
  /** @type {Blob | null} */
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error("The browser could not make the picture: make the window smaller.");
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

customElements.define("stream-timeline", StreamTimeline);
