/**
 * <watch-wire>: the bytes of a watched body as they came, piece by piece, and beside them what a
 * client reads. It follows the end until somebody scrolls up; the chip leads back.
 *
 * @import { App } from "../types.js"
 * @import { WireLog } from "../wire/wire-log.js"
 */

import { HeldView } from "../wire/held-view.js";
import { WireRows } from "../wire/wire-rows.js";
import { WireScroll } from "../wire/wire-scroll.js";
import { beforeWords, keptWords } from "../wire/wire-words.js";
import { copyExactly } from "../parts/exact-copy.js";
import { copyOnClick } from "../parts/copy-button.js";
import { count } from "../parts/format.js";
import { icon } from "../parts/icons.js";
import { linesBefore, linesBehind } from "../wire/wire-log.js";
import { linesText } from "../bytes/text.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";

/** Lines that are added above or below when somebody scrolls to an edge. */
const BATCH = 320;

const newWire = markup(`
  <div class="frame">
    <div class="scroller" role="region" tabindex="0" aria-label="Bytes of the watched stream">
      <p class="before"></p>
      <div class="grid">
        <pre class="bytes" data-exact></pre>
        <div class="events" role="group" aria-label="How a client reads the bytes"></div>
      </div>
      <div class="empty"><p class="hint">Nothing has come yet.</p></div>
    </div>
    <button class="chip small" type="button" title="Go to the newest (End)" hidden></button>
  </div>
  <div class="foot">
    <span class="kept"></span>
    <button type="button" class="tool" data-act="copy-wire" aria-label="Copy the bytes"
      title="Copy the shown bytes as text">${icon("copy")}</button>
  </div>`);

export class WatchWire extends HTMLElement {
  /** @type {WireLog | null} */
  #log = null;
  /** @type {WireRows | null} */
  #rows = null;
  /** @type {WireScroll | null} */
  #scroll = null;
  #hold = new HeldView();
  #from = 0;
  #to = 0;

  /** @param {App} app */
  connect(app) {
    this.append(newWire());
    this.#rows = new WireRows(part(this, ".bytes"), part(this, ".events"));
    this.#scroll = new WireScroll(part(this, ".scroller"), {
      hold: () => this.#read(),
      atEnd: () => {
        if (this.#hold.holds && this.#to >= this.#shown.length) this.#follow();
      },
      nearEdge: () => this.#widen(),
    });
    part(this, ".chip").addEventListener("click", () => this.#follow());
    part(this, ".scroller").addEventListener("keydown", ({ key }) => {
      if (key === "End") this.#follow();
    });
    this.addEventListener("copy", copyExactly);
    copyOnClick(part(this, "[data-act=copy-wire]"), app.host, () =>
      linesText(this.#shown.flatMap(({ lines }) => lines)),
    );
    new ResizeObserver(() => nextFrame(this.#draw)).observe(part(this, ".scroller"));
  }

  /**
   * Shows a log as it grows; another one begins anew.
   *
   * @param {WireLog} log
   */
  show(log) {
    if (log !== this.#log) {
      this.#log = log;
      this.#hold = new HeldView();
      this.#rows?.clear();
    }
    nextFrame(this.#draw);
  }

  get #shown() {
    return this.#log ? this.#hold.rows(this.#log) : [];
  }

  #read() {
    if (this.#hold.holds) return;
    this.#hold.hold();
    nextFrame(this.#draw);
  }

  #follow() {
    if (this.#log) this.#hold.follow(this.#log);
    nextFrame(this.#draw);
  }

  /** Draws more rows when a held view is scrolled near an edge. */
  #widen() {
    if (!this.#hold.holds || !this.#scroll) return;
    const { isNearTop, isNearEnd } = this.#scroll;
    const shown = this.#shown;
    if (isNearTop) this.#from = linesBefore(shown, this.#from, BATCH);
    if (isNearEnd) this.#to = linesBehind(shown, this.#to, BATCH);
    nextFrame(this.#draw);
  }

  #draw = () => {
    const [log, rows, scroll] = [this.#log, this.#rows, this.#scroll];
    if (!log || !rows || !scroll || part(this, ".scroller").clientHeight === 0) return;
    const shown = this.#shown;
    if (!this.#hold.holds) {
      this.#to = shown.length;
      this.#from = linesBefore(shown, shown.length, scroll.tail);
      setText(part(this, ".before"), this.#from === 0 ? beforeWords(log) : "");
    }
    part(this, ".before").hidden = part(this, ".before").textContent === "";
    part(this, ".empty").hidden = shown.length > 0;
    setText(part(this, ".kept"), keptWords(log));
    const drawn = shown.slice(this.#from, this.#to);
    if (this.#hold.holds) {
      scroll.keep(() => rows.draw(drawn, false), rows.pieces);
    } else {
      rows.draw(drawn, true);
      scroll.toEnd();
    }
    this.#hold.drawn(log);
    const news = this.#hold.news(log);
    const chip = part(this, ".chip");
    chip.hidden = news === 0;
    setText(chip, `${count(news)} new`);
  };
}

customElements.define("watch-wire", WatchWire);
