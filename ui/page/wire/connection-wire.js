/**
 * <connection-wire>: what the client of one connection requested, what it was sent, byte for byte
 * as the kernel took it, and the events that a client reads. It requests new bytes while it is
 * visible. It follows the end until somebody reads. Scrolling up, selecting or Pause holds a copy
 * of the view, and the log behind it continues.
 *
 * @import { RowView } from "../server.js"
 * @import { App } from "../types.js"
 * @import { WireRow } from "./wire-log.js"
 */

import { BreakBar } from "../breaks/break-bar.js";
import { Poll } from "../parts/poll.js";
import { WireFeed } from "./wire-feed.js";
import { WireHeader } from "./wire-header.js";
import { WireRequest } from "./wire-request.js";
import { HeldView } from "./held-view.js";
import { WireRows } from "./wire-rows.js";
import { WireScroll } from "./wire-scroll.js";
import { announce } from "../parts/announce.js";
import { beforeWords, hiddenRowWords, keptWords, noPieceWords, noWireWords } from "./wire-words.js";
import { copyOnClick } from "../parts/copy-button.js";
import { copyExactly } from "../parts/exact-copy.js";
import { count, several } from "../parts/format.js";
import { fileName, filtered, linesBefore, linesBehind, nearest, piecesOf } from "./wire-log.js";
import { linesText } from "../bytes/text.js";
import { hasModifier } from "../parts/keys.js";
import { icon, newIcon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { hasStream, matchingWords, standingWords } from "../parts/words.js";
import { nextFrame } from "../parts/next-frame.js";
import { ofRow } from "../breaks/break-words.js";
import { savedBytes } from "./request-text.js";
import { WireRecord } from "./wire-record.js";
import { errorMessage } from "../parts/error-message.js";

/** A quiet wire is polled as often as a busy one, because its next event is what one waits for. */
const ASK_EVERY_MS = 250;
/** Lines that are added above or below when somebody scrolls to an edge. */
const BATCH = 320;
/** A wire of no more lines is drawn whole, so that all of it can be searched and selected. */
const WHOLE = 1500;
/** Longer than the pause between two letters: what is typed into the filter is answered first. */
const TYPED_MS = 300;

const newWire = markup(`
  <header></header>
  <break-bar></break-bar>
  <p class="problem" hidden><span class="shape" aria-hidden="true"></span
    ><span class="words"></span></p>
  <div class="sides">
    <section class="request" aria-label="Request"></section>
    <div class="frame">
      <div class="scroller" role="region" tabindex="0">
        <p class="before"></p>
        <div class="grid">
          <pre class="bytes" data-exact></pre>
          <div class="events" role="group" aria-label="How a client reads the bytes"></div>
        </div>
        <div class="empty" hidden>
          <p class="hint"></p>
          <p class="way"><button type="button" class="small"
            data-act="clear-filter">Clear the filter</button></p>
        </div>
      </div>
      <button class="chip small" type="button" title="Go to the newest (End)" hidden></button>
    </div>
  </div>
  <div class="foot">
    <span class="kept"></span>
    <span class="told"></span>
    <button type="button" class="tool" data-act="pause" aria-pressed="false" aria-label="Pause"
      title="Pause (Space)">${icon("pause")}</button>
    <button type="button" class="tool" data-act="copy-wire" aria-label="Copy the bytes"
      title="Copy the shown bytes as text">${icon("copy")}</button>
    <button type="button" class="tool" data-act="record-wire" aria-label="Record"
      aria-pressed="false">${icon("record")}</button>
    <button type="button" class="tool" data-act="save-wire" aria-label="Save the wire"
      title="Save the request and all kept bytes to a file; hidden secrets stay hidden"
      >${icon("save")}</button>
  </div>`);

/**
 * @typedef {object} Ways
 * @property {() => void} close
 * @property {(id: number) => Promise<boolean>} choose shows another connection; resolves to whether
 *   it is in the table
 */

export class ConnectionWire extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {Ways | null} */
  #ways = null;
  /** @type {WireHeader | null} */
  #head = null;
  /** @type {WireRequest | null} */
  #request = null;
  /** @type {WireRows | null} */
  #rows = null;
  /** @type {WireRecord | null} */
  #record = null;
  /** @type {WireScroll | null} */
  #scroll = null;
  /** @type {Poll<void> | null} */
  #poll = null;
  /** @type {WireFeed | null} */
  #feed = null;
  /**
   * The moment of the piece that was asked for, in milliseconds since 1970.
   * @type {number | null}
   */
  #sought = null;
  #hold = new HeldView();
  #filter = "";
  /**
   * Set while somebody types into the filter: only what fits into view is drawn.
   *
   * @type {ReturnType<typeof setTimeout> | null}
   */
  #typing = null;
  /** The range of shown rows that is drawn, because drawing all of them takes too long. */
  #from = 0;
  #to = 0;
  /** The next drawing is of another connection or filter, and starts over. */
  #anew = true;
  /** The version of the feed that was last drawn. */
  #drawn = -1;
  /** What was last announced of the connection's state, and of a failed request. */
  #announced = { standing: "", problem: "" };

  /**
   * @param {App} app
   * @param {Ways} ways
   */
  connect(app, ways) {
    this.#app = app;
    this.#ways = ways;
    this.append(newWire());
    this.#head = new WireHeader(part(this, "header"), {
      close: ways.close,
      choose: (id) => this.#choose(id),
      filter: (words) => this.#setFilter(words),
    });
    this.#request = new WireRequest(part(this, ".request"), app.host, (words) =>
      this.#report(words, true),
    );
    this.#breaks.connect(app);
    const scroller = part(this, ".scroller");
    this.#rows = new WireRows(part(this, ".bytes"), part(this, ".events"));
    this.#scroll = new WireScroll(scroller, {
      hold: () => this.#read(),
      atEnd: () => {
        // a selection dragged beyond the lower edge scrolls to the end by itself, and must not be
        // lost
        if (
          this.#hold.holds &&
          !this.#hold.paused &&
          this.#to >= this.#shown.length &&
          !this.#selects
        ) {
          this.#follow();
        }
      },
      nearEdge: () => this.#widen(),
    });
    this.#poll = new Poll(
      {
        ask: () => this.#ask(),
        answered: () => this.#drawNews(),
        failed: () => this.#drawNews(),
      },
      { calmMs: ASK_EVERY_MS },
    );
    copyOnClick(part(this, "[data-act=copy-wire]"), app.host, () =>
      linesText(this.#shown.flatMap(({ lines }) => lines)),
    );
    const record = part(this, "[data-act=record-wire]");
    this.#record = new WireRecord(record, app.host, (...told) => this.#report(...told));
    this.#listen(scroller);
  }

  /** @param {HTMLElement} scroller */
  #listen(scroller) {
    this.addEventListener("keydown", this.#onKey);
    this.addEventListener("copy", copyExactly);
    document.addEventListener("selectionchange", () => {
      if (!this.hidden && this.#selects) this.#read();
    });
    part(this, ".chip").addEventListener("click", () => {
      this.#follow();
      this.focus();
    });
    part(this, "[data-act=pause]").addEventListener("click", () => this.#togglePause());
    part(this, "[data-act=save-wire]").addEventListener("click", () => this.#save());
    part(this, "[data-act=clear-filter]").addEventListener("click", () => {
      this.#head?.clearFilter();
      this.focus();
    });
    // this also fires when the wire is shown again after its place was hidden
    new ResizeObserver(this.#seen).observe(scroller);
    document.addEventListener("visibilitychange", this.#seen);
    this.#app?.store.on("unreachable", this.#seen);
  }

  /**
   * Whether this connection is the one shown.
   *
   * @param {RowView} row
   */
  shows(row) {
    return this.#feed?.is(row) ?? false;
  }

  get #breaks() {
    return /** @type {BreakBar} */ (part(this, "break-bar"));
  }

  focus() {
    part(this, ".scroller").focus({ preventScroll: true });
  }

  /** @param {RowView} row */
  show(row) {
    this.hidden = false;
    this.#feed = new WireFeed(row, performance.now());
    this.#hold = new HeldView();
    this.#sought = null;
    this.#anew = true;
    this.#drawn = -1;
    this.#announced = { standing: "", problem: "" };
    this.#report("");
    this.#rows?.clear();
    this.#request?.clear();
    this.#breaks.show(ofRow(row));
    this.#record?.show(row);
    part(this, ".scroller").ariaLabel = `Bytes of connection ${row.id}`;
    this.#seen();
  }

  /**
   * Goes to the piece of a moment, as soon as the wire is there, and holds the view.
   *
   * @param {number} atMs milliseconds since 1970
   */
  seek(atMs) {
    this.#sought = atMs;
    this.#seen();
  }

  hide() {
    this.hidden = true;
    this.#sought = null;
    this.#feed = null;
    this.#rows?.clear();
    this.#request?.clear();
  }

  /**
   * Takes rows that the table received: this connection may be among them.
   *
   * @param {RowView[]} rows
   */
  refresh(rows) {
    if (this.#feed?.refresh(rows, performance.now())) this.#drawNews();
  }

  get #unreachable() {
    return Boolean(this.#app?.store.get("unreachable"));
  }

  get #isVisible() {
    return !document.hidden && !this.hidden && part(this, ".scroller").clientHeight > 0;
  }

  get #selects() {
    const selection = getSelection();
    return (
      selection !== null &&
      !selection.isCollapsed &&
      part(this, ".scroller").contains(selection.anchorNode)
    );
  }

  /**
   * The rows of the view, before the filter.
   *
   * @returns {readonly WireRow[]}
   */
  get #viewed() {
    return this.#feed ? this.#hold.rows(this.#feed.log) : [];
  }

  get #shown() {
    return filtered(this.#viewed, this.#filter);
  }

  #seen = () => {
    this.#poll?.nudge();
    nextFrame(this.#draw);
  };

  #ask() {
    const feed = this.#feed;
    if (!feed || !this.#isVisible) return null;
    const wait = feed.wait(performance.now());
    return wait === 0
      ? feed.ask(/** @type {App} */ (this.#app).host, () => performance.now())
      : wait;
  }

  /** A quiet wire costs no frame: it is drawn anew only when something of it changed. */
  #drawNews() {
    if (this.#feed && this.#feed.version !== this.#drawn) nextFrame(this.#draw);
  }

  #draw = () => {
    const feed = this.#feed;
    if (!feed || !this.#isVisible) return;
    this.#drawn = feed.version;
    const { row, log, removed } = feed;
    this.dataset.state = removed && row.state === "open" ? "ended" : row.state;
    this.toggleAttribute("data-complete", row.ended?.complete ?? false);
    this.toggleAttribute("data-blocked", row.blocked && !removed);
    this.toggleAttribute("data-stale", this.#unreachable);
    const shown = this.#shown;
    this.#head?.draw(row, {
      removed,
      stale: this.#unreachable,
      taken: log.answered ? log.taken : row.bytes,
    });
    this.#breaks.show(ofRow({ ...row, state: removed ? "ended" : row.state }));
    this.#head?.count(
      this.#filter.trim() === ""
        ? ""
        : matchingWords({ matching: piecesOf(shown), all: piecesOf(this.#viewed) }),
    );
    this.#request?.draw(feed.request, row, !hasStream(row));
    if (this.#anew || !this.#hold.holds) {
      this.#to = shown.length;
      const whole = !this.#typing && linesBefore(shown, shown.length, WHOLE) === 0;
      this.#from = whole ? 0 : linesBefore(shown, shown.length, this.#scroll?.tail ?? 0);
    }
    // words first: they change the height, and the view must stay scrolled to the end
    this.#drawWords(feed, shown.length);
    this.#drawRows(shown.slice(this.#from, this.#to));
    this.#hold.drawn(log);
    if (log.answered) this.#goToSought();
    this.#drawChip(feed);
    this.#announce(feed);
  };

  /** The newest piece is in view already, and is followed. */
  #goToSought() {
    const sought = this.#sought;
    this.#sought = null;
    const shown = this.#shown;
    const at = sought === null ? -1 : nearest(shown, sought);
    if (at < 0 || at === shown.length - 1) return;
    this.#hold.hold();
    this.#from = linesBefore(shown, at, BATCH);
    this.#to = linesBehind(shown, at, BATCH);
    this.#rows?.clear();
    this.#rows?.draw(shown.slice(this.#from, this.#to), false);
    const piece = this.#rows?.pieces[at - this.#from];
    piece?.toggleAttribute("data-sought", true);
    if (piece) this.#scroll?.toPiece(piece);
  }

  /** @param {WireFeed} feed */
  #announce({ row, removed, problem }) {
    const before = this.#announced;
    const standing = standingWords(row, removed);
    this.#announced = { standing, problem };
    const news = standing === before.standing ? [] : [`Connection ${row.id}: ${standing}`];
    // when nothing answers the status bar says so
    if (problem !== before.problem && problem !== "" && !this.#unreachable) news.push(problem);
    if (news.length > 0) announce(news.join(". "));
  }

  /** @param {readonly WireRow[]} shown */
  #drawRows(shown) {
    const rows = this.#rows;
    const scroll = this.#scroll;
    if (!rows || !scroll) return;
    if (this.#anew || !this.#hold.holds) {
      rows.draw(shown, !this.#anew);
      scroll.toEnd();
    } else {
      scroll.keep(() => rows.draw(shown, false), rows.pieces);
    }
    this.#anew = false;
  }

  /** Draws more rows when a held view is scrolled near an edge. */
  #widen() {
    if (!this.#hold.holds || !this.#scroll) return;
    const { isNearTop, isNearEnd } = this.#scroll;
    const shown = this.#shown;
    if (!(isNearTop && this.#from > 0) && !(isNearEnd && this.#to < shown.length)) return;
    if (isNearTop) this.#from = linesBefore(shown, this.#from, BATCH);
    if (isNearEnd) this.#to = linesBehind(shown, this.#to, BATCH);
    nextFrame(this.#draw);
  }

  /** Draws the beginning alone: the rest is drawn when somebody scrolls there. */
  #toTop() {
    this.#read();
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
   * @param {WireFeed} feed
   * @param {number} shown
   */
  #drawWords({ row, log, request, removed, problem: why }, shown) {
    const problem = part(this, ":scope > .problem");
    problem.hidden = why === "" || removed || this.#unreachable;
    setText(part(problem, ".words"), why);
    const before = this.#hold.holds || shown === 0 ? null : beforeWords(log);
    const line = part(this, ".before");
    // a held view must not move, not even by a line above it
    if (before !== null) setText(line, before);
    line.hidden = shown === 0 || this.#from > 0 || line.textContent === "";
    const some = this.#viewed.length > 0;
    part(this, ".grid").hidden = shown === 0;
    part(this, ".empty").hidden = shown > 0;
    part(this, ".empty .way").hidden = !some;
    setText(
      part(this, ".empty .hint"),
      some ? noPieceWords(this.#filter) : noWireWords(row, removed, log),
    );
    this.#record?.show(row);
    const kept = part(this, ".kept");
    setText(kept, log.rows.length > 0 ? keptWords(log) : "");
    kept.title = kept.textContent ?? "";
    /** @type {HTMLButtonElement} */ (part(this, "[data-act=copy-wire]")).disabled = !some;
    /** @type {HTMLButtonElement} */ (part(this, "[data-act=save-wire]")).disabled =
      !some && !request?.request;
  }

  /** @param {WireFeed} feed */
  #drawChip({ row, log, removed }) {
    const news = this.#hold.news(log);
    const { paused } = this.#hold;
    const chip = part(this, ".chip");
    chip.hidden = !paused && news === 0;
    setText(
      chip,
      [paused ? "Paused" : "", news > 0 ? `${count(news)} new` : ""].filter(Boolean).join(", "),
    );
    const pause = part(this, "[data-act=pause]");
    // what has ended has nothing to pause
    pause.hidden = !paused && (row.state !== "open" || removed);
    if (pause.ariaPressed === String(paused)) return;
    pause.ariaPressed = String(paused);
    pause.replaceChildren(newIcon(paused ? "play" : "pause"));
    pause.title = paused ? "Go on (Space)" : "Pause (Space)";
  }

  #read() {
    // every scroll calls this, and a held view stays as it is
    if (this.#hold.holds) return;
    this.#hold.hold();
    nextFrame(this.#draw);
  }

  #follow() {
    if (!this.#feed) return;
    const wasPaused = this.#hold.paused;
    const passed = this.#hold.follow(this.#feed.log);
    if (passed > 0) {
      this.#report(
        `missed ${several(passed, "byte")} while ${wasPaused ? "paused" : "you were reading"}`,
      );
    }
    if (getSelection()?.isCollapsed === false) getSelection()?.removeAllRanges();
    nextFrame(this.#draw);
  }

  #toEnd() {
    if (!this.#hold.paused) {
      this.#follow();
      return;
    }
    this.#anew = true;
    nextFrame(this.#draw);
  }

  #togglePause() {
    if (!part(this, "[data-act=pause]").hidden) this.#pause(!this.#hold.paused);
  }

  /** @param {boolean} paused */
  #pause(paused) {
    announce(paused ? "Wire paused" : "Wire resumed");
    if (!paused) {
      this.#follow();
      return;
    }
    this.#hold.pause();
    this.#report("");
    nextFrame(this.#draw);
  }

  /** @param {string} words */
  #setFilter(words) {
    this.#filter = words;
    this.#anew = true;
    if (this.#typing) clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.#typing = null;
      nextFrame(this.#draw);
    }, TYPED_MS);
    nextFrame(this.#draw);
  }

  /** @param {number} id */
  async #choose(id) {
    try {
      const found = await this.#ways?.choose(id);
      // the pressed number disappears with its wire; a focus that moved elsewhere stays there
      if (found && this.#head?.hasFocus) this.focus();
      if (!found) this.#report(hiddenRowWords(id));
    } catch (reason) {
      this.#report(errorMessage(reason));
    }
  }

  async #save() {
    if (!this.#feed) return;
    const { row, log } = this.#feed;
    const { host } = /** @type {App} */ (this.#app);
    const { lost } = log;
    const first = log.rows.at(0);
    const saved = savedBytes({
      request: `#${row.id}, ${new Date(row.since_ms).toISOString()}`,
      received: this.#request?.received ?? null,
      response: first
        ? { offset: first.offset, bytes: log.rows.map(({ bytes }) => bytes).join(""), lost }
        : null,
    });
    try {
      const where = await host.save(fileName(row.id, row.stream), saved);
      const missing = lost > 0 ? `, ${several(lost, "byte")} missing` : "";
      this.#report(`saved ${host.controls ? "to" : "as"} ${where}${missing}`);
    } catch (reason) {
      this.#report(errorMessage(reason), true);
    }
  }

  /**
   * @param {string} words
   * @param {boolean} [failed]
   */
  #report(words, failed = false) {
    const line = part(this, ".told");
    setText(line, words);
    line.title = words;
    line.toggleAttribute("data-failed", failed);
    if (words !== "") announce(words);
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    const { key, target } = event;
    const inScroller = target === part(this, ".scroller");
    const pieces = this.#rows?.pieces ?? [];
    if (hasModifier(event) || event.isComposing || event.defaultPrevented) return;
    if (key === "Escape") {
      if (this.#filter === "") this.#ways?.close();
      else this.#head?.clearFilter();
    } else if (key === "/" && !(target instanceof HTMLInputElement)) this.#head?.askFilter();
    else if (!inScroller) return;
    else if (key === " ") this.#togglePause();
    else if (key === "End") this.#toEnd();
    else if (key === "Home") this.#toTop();
    else if (key === "j" || key === "k") this.#scroll?.step(key === "j" ? 1 : -1, pieces);
    else return;
    event.preventDefault();
  };
}

customElements.define("connection-wire", ConnectionWire);
