/**
 * <connection-wire>: what one connection was sent, byte for byte as the kernel took it, and what a client makes of it.
 * It asks for what is new while it can be seen. It follows the end until somebody reads: scrolling up, selecting or
 * Pause holds the view still, by a copy, while the log behind it goes on.
 *
 * @import { App, Row, Wire } from "./types.js"
 * @import { WireRow } from "./wire-log.js"
 */

import { ConnectionWatch } from "./connection-watch.js";
import { WireHead } from "./wire-head.js";
import { WireLog, fileName, filtered, linesBefore, linesBehind } from "./wire-log.js";
import { WireScroll } from "./wire-scroll.js";
import { WireRows } from "./wire-rows.js";
import { announce } from "./announce.js";
import { beforeWords, endWords, keptWords, matchingWords, noPieceWords, noWireWords } from "./words.js";
import { copies } from "./copy-button.js";
import { copyExactly } from "./exact-copy.js";
import { count, several } from "./format.js";
import { decoded } from "./wire-utf8.js";
import { hasModifier } from "./keys.js";
import { markup, part, setText } from "./dom.js";
import { nextFrame } from "./frame.js";
import { sentence } from "./host.js";

/** A wire that is quiet is asked as often as one that is not: its next event is what one waits for. */
const ASK_EVERY_MS = 250;
/** The figures of a row that the table has not told for so long are asked for. */
const ROW_AGE_MS = 1000;
/** Lines that are drawn at once above or below those that are, when somebody scrolls there. */
const BATCH = 320;
/** A wire of no more lines is drawn whole: all of it can be searched and selected. */
const WHOLE = 1500;
/** How many connections of one address are looked through for the one that is shown. */
const NAMESAKES = 50;

const newWire = markup(`
  <header></header>
  <p class="problem" hidden><span class="shape" aria-hidden="true"></span><span class="words"></span></p>
  <div class="frame">
    <div class="scroller" role="region" tabindex="0">
      <p class="before"></p>
      <div class="grid">
        <pre class="bytes" data-exact></pre>
        <div class="events" role="group" aria-label="What a client makes of it"></div>
      </div>
      <div class="empty" hidden>
        <p class="hint"></p>
        <p class="way"><button type="button" class="small" data-act="clear-filter">Clear the filter</button></p>
      </div>
    </div>
    <button class="chip small" type="button" title="Back to the newest (End)" hidden></button>
  </div>
  <div class="foot">
    <span class="kept"></span>
    <span class="told"></span>
    <button type="button" class="plain small" data-act="pause" aria-pressed="false" title="Hold what is shown (Space)">Pause</button>
    <button type="button" class="plain small" data-act="copy-wire" title="Copy the bytes that are shown, as text">Copy</button>
    <button type="button" class="plain small" data-act="save-wire" title="Save the bytes that are kept, exactly">Save</button>
  </div>`);

/** @typedef {{ rows: readonly WireRow[], seen: number, end: number }} Held rows, how many pieces there were by then, and where the last one ended */

/** @type {Held} */
const HELD_NOTHING = { rows: [], seen: 0, end: 0 };

/** @typedef {{ wire: Wire, row: Row | null, turn: number, wasOpen: boolean }} Answer of a turn: another connection begins the next */

/**
 * @typedef {object} Ways
 * @property {() => void} close
 * @property {(id: number) => Promise<boolean>} choose shows another connection; whether it is in the table
 */

export class ConnectionWire extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {Ways | null} */
  #ways = null;
  /** @type {WireHead | null} */
  #head = null;
  /** @type {WireRows | null} */
  #rows = null;
  /** @type {WireScroll | null} */
  #scroll = null;
  /** @type {ConnectionWatch<Answer> | null} */
  #watch = null;
  /** @type {Row | null} */
  #row = null;
  #rowAt = 0;
  #log = new WireLog("1.1");
  #turn = 0;
  /** It is over, and all that was kept of it is here. */
  #done = false;
  #failures = 0;
  #problem = "";
  /**
   * What is looked at while it is held still; null while the end is followed.
   * @type {Held | null}
   */
  #held = null;
  #paused = false;
  #filter = "";
  /** What was followed when it was last drawn: it is what can be held. */
  #last = HELD_NOTHING;
  /** Which of the rows that are shown are drawn: all of them are as many as one waits for. */
  #from = 0;
  #to = 0;
  /** What is drawn is of another connection or filter. */
  #anew = true;
  #announced = "";

  /**
   * @param {App} app
   * @param {Ways} ways
   */
  wire(app, ways) {
    this.#app = app;
    this.#ways = ways;
    this.append(newWire());
    this.#head = new WireHead(part(this, "header"), {
      close: ways.close,
      choose: (id) => this.#choose(id),
      filter: (words) => this.#setFilter(words),
      leave: () => this.focus(),
    });
    const scroller = part(this, ".scroller");
    this.#rows = new WireRows(part(this, ".bytes"), part(this, ".events"));
    this.#scroll = new WireScroll(scroller, {
      hold: () => this.#hold(),
      atEnd: () => {
        if (this.#held && !this.#paused && this.#to >= this.#shown.length) this.#follow();
      },
      nearEdge: () => this.#widen(),
    });
    this.#watch = new ConnectionWatch(
      { ask: () => this.#ask(), heard: (answer) => this.#heard(answer), failed: (reason) => this.#failed(reason) },
      ASK_EVERY_MS,
    );
    copies(part(this, "[data-act=copy-wire]"), app.host, () => decoded(this.#shown.map(({ bytes }) => bytes).join("")));
    this.#listen(scroller);
  }

  /** @param {HTMLElement} scroller */
  #listen(scroller) {
    this.addEventListener("keydown", this.#onKey);
    this.addEventListener("copy", copyExactly);
    document.addEventListener("selectionchange", () => {
      const selection = getSelection();
      if (!this.hidden && selection && !selection.isCollapsed && scroller.contains(selection.anchorNode)) this.#hold();
    });
    part(this, ".chip").addEventListener("click", () => {
      this.#follow();
      this.focus();
    });
    part(this, "[data-act=pause]").addEventListener("click", () => this.#pause(!this.#paused));
    part(this, "[data-act=save-wire]").addEventListener("click", () => this.#save());
    part(this, "[data-act=clear-filter]").addEventListener("click", () => {
      this.#head?.clearFilter();
      this.focus();
    });
    // also tells when the wire comes into view again after its place was hidden
    new ResizeObserver(this.#seen).observe(scroller);
    document.addEventListener("visibilitychange", this.#seen);
    this.#app?.store.on("unreachable", this.#seen);
  }

  /** The id of the connection that is shown. */
  get connection() {
    return this.#row?.id ?? null;
  }

  focus() {
    part(this, ".scroller").focus({ preventScroll: true });
  }

  /** @param {Row} row */
  show(row) {
    this.hidden = false;
    this.#turn += 1;
    this.#row = row;
    this.#rowAt = performance.now();
    this.#log = new WireLog(row.http);
    this.#done = row.state === "refused";
    this.#failures = 0;
    this.#problem = "";
    this.#held = null;
    this.#last = HELD_NOTHING;
    this.#paused = false;
    this.#anew = true;
    this.#announced = "";
    this.#tell("");
    part(this, ".scroller").ariaLabel = `Bytes of connection ${row.id}`;
    this.#seen();
  }

  hide() {
    this.hidden = true;
    this.#turn += 1;
    this.#row = null;
    this.#log = new WireLog("1.1");
    this.#held = null;
    this.#last = HELD_NOTHING;
    this.#rows?.clear();
  }

  /**
   * The table has heard of connections: this one may be among them.
   *
   * @param {Row[]} rows
   */
  refresh(rows) {
    const row = rows.find(({ id }) => id === this.#row?.id);
    if (!row) return;
    this.#row = row;
    this.#rowAt = performance.now();
    nextFrame(this.#draw);
  }

  get #unreachable() {
    return Boolean(this.#app?.store.get("unreachable"));
  }

  get #isVisible() {
    return !document.hidden && !this.hidden && part(this, ".scroller").clientHeight > 0;
  }

  /** What is looked at, before the filter. */
  get #looked() {
    return this.#held?.rows ?? this.#log.rows;
  }

  get #shown() {
    return filtered(this.#looked, this.#filter);
  }

  #seen = () => {
    this.#watch?.nudge();
    nextFrame(this.#draw);
  };

  /** @returns {Promise<Answer> | null} */
  #ask() {
    const row = this.#row;
    if (!row || this.#done || !this.#isVisible) return null;
    return this.#fetch(row, this.#turn);
  }

  /**
   * @param {Row} row
   * @param {number} turn
   * @returns {Promise<Answer>}
   */
  async #fetch(row, turn) {
    const { host } = /** @type {App} */ (this.#app);
    const wire = await host.wire(row.id, this.#log.end);
    let now = null;
    if (performance.now() - this.#rowAt > ROW_AGE_MS || (!wire.on && row.state === "open")) {
      const look = { sort: /** @type {const} */ ("since"), descending: true, filter: row.peer, first: 0, count: NAMESAKES };
      const { rows } = await host.look(look);
      now = rows.find(({ id }) => id === row.id) ?? null;
    }
    return { wire, row: now, turn, wasOpen: row.state === "open" };
  }

  /** @param {Answer} answer */
  #heard({ wire, row, turn, wasOpen }) {
    if (turn !== this.#turn) return;
    this.#failures = 0;
    this.#problem = "";
    if (row) this.refresh([row]);
    this.#log.add(wire);
    // it was over before this was asked for, so nothing can follow
    this.#done = !wasOpen;
    nextFrame(this.#draw);
  }

  /** @param {unknown} reason */
  #failed(reason) {
    this.#failures += 1;
    const over = this.#row?.state !== "open";
    // once may be a hitch, but not where nothing more can come
    if (this.#failures < 2 && !over) return;
    this.#done = over;
    // where nothing answers at all the status bar says so
    if (this.#problem === "" && !this.#unreachable) announce(sentence(reason));
    this.#problem = sentence(reason);
    nextFrame(this.#draw);
  }

  #draw = () => {
    const row = this.#row;
    if (!row || !this.#isVisible) return;
    this.dataset.state = row.state;
    this.toggleAttribute("data-complete", row.ended?.complete ?? false);
    this.toggleAttribute("data-blocked", row.blocked);
    const shown = this.#shown;
    this.#head?.draw(row, this.#log.heard ? this.#log.taken : row.bytes);
    this.#head?.count(this.#filter.trim() === "" ? "" : matchingWords({ matching: shown.length, all: this.#looked.length }));
    if (!this.#held) this.#last = { rows: this.#log.rows.slice(), seen: this.#log.seen, end: this.#log.end };
    if (this.#anew || !this.#held) {
      this.#to = shown.length;
      const whole = linesBefore(shown, shown.length, WHOLE) === 0;
      this.#from = whole ? 0 : linesBefore(shown, shown.length, this.#scroll?.tail ?? 0);
    }
    // first, so that what is scrolled to the end stays there
    this.#drawWords(row, shown.length);
    this.#drawRows(shown.slice(this.#from, this.#to));
    this.#drawChip();
    if (this.#announced !== endWords(row)) {
      this.#announced = endWords(row);
      announce(`Connection ${row.id}: ${this.#announced}`);
    }
  };

  /** @param {readonly WireRow[]} shown */
  #drawRows(shown) {
    const rows = this.#rows;
    const scroll = this.#scroll;
    if (!rows || !scroll) return;
    if (this.#anew) rows.clear();
    if (this.#anew || !this.#held) {
      rows.draw(shown);
      scroll.toEnd();
    } else {
      scroll.keep(() => rows.draw(shown), rows.pieces);
    }
    this.#anew = false;
  }

  /** Somebody who holds it comes to an edge of what is drawn. */
  #widen() {
    if (!this.#held || !this.#scroll) return;
    const { isNearTop, isNearEnd } = this.#scroll;
    const shown = this.#shown;
    if (!(isNearTop && this.#from > 0) && !(isNearEnd && this.#to < shown.length)) return;
    if (isNearTop) this.#from = linesBefore(shown, this.#from, BATCH);
    if (isNearEnd) this.#to = linesBehind(shown, this.#to, BATCH);
    nextFrame(this.#draw);
  }

  /** The beginning is drawn by itself: what is between it and the end comes when somebody scrolls there. */
  #toTop() {
    this.#hold();
    const shown = this.#shown;
    if (this.#from > 0) {
      this.#rows?.clear();
      this.#from = 0;
      this.#to = linesBehind(shown, 0, BATCH);
    }
    this.#draw();
    this.#scroll?.toTop();
  }

  /**
   * @param {Row} row
   * @param {number} shown
   */
  #drawWords(row, shown) {
    const problem = part(this, ":scope > .problem");
    problem.hidden = this.#problem === "" || this.#unreachable;
    setText(part(problem, ".words"), this.#problem);
    const before = this.#held || shown === 0 ? null : beforeWords(this.#log);
    const told = part(this, ".before");
    // what is held is not moved, not even by a line above it
    if (before !== null) setText(told, before);
    told.hidden = shown === 0 || this.#from > 0 || told.textContent === "";
    const some = this.#looked.length > 0;
    part(this, ".grid").hidden = shown === 0;
    part(this, ".empty").hidden = shown > 0;
    part(this, ".empty .way").hidden = !some;
    setText(part(this, ".empty .hint"), some ? noPieceWords(this.#filter) : noWireWords(row, this.#log));
    const kept = part(this, ".kept");
    setText(kept, this.#log.rows.length > 0 ? keptWords(this.#log) : "");
    kept.title = kept.textContent ?? "";
    for (const act of ["copy-wire", "save-wire"]) {
      /** @type {HTMLButtonElement} */ (part(this, `[data-act=${act}]`)).disabled = !some;
    }
  }

  #drawChip() {
    const news = this.#held ? this.#log.seen - this.#held.seen : 0;
    const chip = part(this, ".chip");
    chip.hidden = !this.#paused && news === 0;
    setText(chip, [this.#paused ? "Paused" : "", news > 0 ? `${count(news)} new` : ""].filter(Boolean).join(", "));
    const pause = part(this, "[data-act=pause]");
    setText(pause, this.#paused ? "Resume" : "Pause");
    pause.ariaPressed = String(this.#paused);
  }

  #hold() {
    this.#held ??= this.#last;
    nextFrame(this.#draw);
  }

  #follow() {
    const held = this.#held;
    const wasPaused = this.#paused;
    this.#held = null;
    this.#paused = false;
    const first = this.#log.rows[0]?.offset ?? 0;
    const passed = held ? first - held.end : 0;
    if (passed > 0) this.#tell(`${several(passed, "byte")} went by ${wasPaused ? "meanwhile" : "while you read"}`);
    if (getSelection()?.isCollapsed === false) getSelection()?.removeAllRanges();
    nextFrame(this.#draw);
  }

  #toEnd() {
    if (!this.#paused) {
      this.#follow();
      return;
    }
    this.#anew = true;
    nextFrame(this.#draw);
  }

  /** @param {boolean} paused */
  #pause(paused) {
    announce(paused ? "Wire paused" : "Wire goes on");
    if (!paused) {
      this.#follow();
      return;
    }
    this.#paused = true;
    this.#tell("");
    this.#hold();
  }

  /** @param {string} words */
  #setFilter(words) {
    this.#filter = words;
    this.#anew = true;
    nextFrame(this.#draw);
  }

  /** @param {number} id */
  async #choose(id) {
    try {
      const found = await this.#ways?.choose(id);
      if (!found) this.#tell(`#${id} is not in the table as it is sorted and filtered now`);
    } catch (reason) {
      this.#tell(sentence(reason));
    }
  }

  async #save() {
    const row = this.#row;
    if (!row) return;
    const { host } = /** @type {App} */ (this.#app);
    const lost = this.#log.lost;
    const bytes = this.#log.rows.map(({ bytes }) => bytes).join("");
    try {
      const where = await host.save(fileName(row.id, row.stream), bytes);
      this.#tell(`saved ${host.controls ? "to" : "as"} ${where}${lost > 0 ? `, ${several(lost, "byte")} missing` : ""}`);
    } catch (reason) {
      this.#tell(sentence(reason), true);
    }
  }

  /**
   * @param {string} words
   * @param {boolean} [failed]
   */
  #tell(words, failed = false) {
    const told = part(this, ".told");
    setText(told, words);
    told.title = words;
    told.toggleAttribute("data-failed", failed);
    if (words !== "") announce(words);
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    const inScroller = event.target === part(this, ".scroller");
    if (hasModifier(event) || event.isComposing || event.defaultPrevented) return;
    if (event.key === "Escape") this.#ways?.close();
    else if (event.key === "/" && !(event.target instanceof HTMLInputElement)) this.#head?.askFilter();
    else if (!inScroller) return;
    else if (event.key === " ") this.#pause(!this.#paused);
    else if (event.key === "End") this.#toEnd();
    else if (event.key === "Home") this.#toTop();
    else if (event.key === "j" || event.key === "k") this.#scroll?.step(event.key === "j" ? 1 : -1, this.#rows?.pieces ?? []);
    else return;
    event.preventDefault();
  };
}

customElements.define("connection-wire", ConnectionWire);
