/**
 * <event-list>: the events that arrived on a stream, or those of them that a filter leaves. The
 * list follows the newest event until somebody reads. Scrolling up, choosing a row or Pause holds a
 * copy of the view, and the ring behind it continues.
 *
 * `push` runs for every event. It only keeps the event and requests a frame; all drawing is in
 * `#draw`.
 *
 * @import { Arrival, Emptied, View } from "../types.js"
 */

import { EventRows } from "./event-rows.js";
import { Ring } from "./ring.js";
import { arrivalFilter } from "./arrival-filter.js";
import { count, several } from "../parts/format.js";
import { hasModifier, listStep, stepIndex } from "../parts/keys.js";
import { icon, newIcon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";

/**
 * Twice what a topic keeps: after a gap the server sends all kept events, and the gap must stay in
 * the list.
 */
const KEPT = 2000;
/** Sixteen million characters of data, about 32 MB, whatever the size of one event. */
const KEPT_CHARACTERS = 16_000_000;

const newList = markup(`
  <div class="tools">
    <input name="filter" placeholder="Filter  /" title="Show the events that have all these words"
      aria-keyshortcuts="/" maxlength="200" autocomplete="off" spellcheck="false">
    <button type="button" class="link" data-act="gap" title="Show the last gap" hidden></button>
    <span class="counts meta"></span>
    <button type="button" class="tool" data-act="pause" aria-pressed="false"
      aria-label="Pause">${icon("pause")}</button>
    <button type="button" class="tool" data-act="clear" title="Clear the list"
      aria-label="Clear the list">${icon("clear")}</button>
  </div>
  <div class="grid">
    <div class="heads" role="row">
      <span role="columnheader">time</span
      ><span role="columnheader" title="Since the event before">after</span
      ><span role="columnheader">id</span><span role="columnheader">event</span
      ><span role="columnheader">data</span>
    </div>
    <div class="scroller" role="grid" tabindex="0" aria-readonly="true">
      <div class="space" role="presentation"><div class="window" role="rowgroup"></div></div>
    </div>
  </div>
  <button class="chip small" type="button" title="Go to the newest (End)" hidden></button>`);

let lists = 0;

export class EventList extends HTMLElement {
  #all = new Ring(KEPT, KEPT_CHARACTERS);
  /**
   * What the filter leaves; null without one.
   * @type {Ring | null}
   */
  #matching = null;
  /** @type {((arrival: Arrival) => boolean) | null} */
  #filter = null;
  /** How many events arrived since the list was cleared. */
  #total = 0;
  /**
   * The held view; null while the list follows the end.
   * @type {View | null}
   */
  #held = null;
  #paused = false;
  /** The current or last press of a pointer began to hold the view. */
  #heldByPress = false;
  /** The list was cleared during this run. */
  #cleared = false;
  /** Called when the reason for an empty list may have changed. */
  onemptied = () => {};
  /** Called with the chosen event, and with null when none is chosen any more. */
  onchosen = /** @type {(arrival: Arrival | null) => void} */ (() => {});
  /** @type {number | null} */
  #cursor = null;
  /** How many gaps the server reported, and the arrival that reported the last one. */
  #gaps = 0;
  /** @type {Arrival | null} */
  #lastGap = null;
  /** The number of the first arrival that has not been drawn yet. */
  #fresh = 0;
  /** @type {EventRows | null} */
  #rows = null;

  connectedCallback() {
    if (this.#rows) {
      this.#rows.moved();
      this.#ask();
      return;
    }
    this.append(newList());
    lists += 1;
    const heads = part(this, ".heads");
    heads.id = `event-heads-${lists}`;
    part(this, ".scroller").setAttribute("aria-owns", heads.id);
    this.#rows = new EventRows(part(this, ".scroller"), `event-${lists}`);
    const grid = part(this, ".grid");
    const scroller = part(this, ".scroller");
    grid.addEventListener("keydown", this.#onKey);
    scroller.addEventListener("scroll", this.#onScroll, { passive: true });
    scroller.addEventListener("wheel", this.#onWheel, { passive: true });
    scroller.addEventListener("pointerdown", this.#onPress);
    scroller.addEventListener("pointercancel", this.#onPressLost);
    scroller.addEventListener("click", this.#onClick);
    part(this, ".chip").addEventListener("click", () => {
      this.#follow();
      scroller.focus();
    });
    part(this, "[data-act=pause]").addEventListener("click", () => this.#pause(!this.#paused));
    part(this, "[data-act=gap]").addEventListener("click", () => {
      this.#chooseGap();
      scroller.focus();
    });
    part(this, "[data-act=clear]").addEventListener("click", () => this.clear());
    const filter = this.#field;
    filter.addEventListener("input", () => this.#setFilter(filter.value));
    filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") scroller.focus();
      else if (event.key === "Escape" && filter.value !== "") this.#clearFilter();
      else if (event.key === "Escape") scroller.focus();
      else return;
      event.preventDefault();
    });
    // this also fires when the list is shown again after its place was hidden
    new ResizeObserver(this.#ask).observe(scroller);
    this.#ask();
  }

  /** @param {string} name for screen readers */
  set label(name) {
    part(this, ".scroller").ariaLabel = name;
    this.#field.ariaLabel = `Filter: ${name}`;
  }

  get #field() {
    return /** @type {HTMLInputElement} */ (part(this, "input"));
  }

  /** Takes the keys to the filter. */
  find() {
    this.#field.focus();
    this.#field.select();
  }

  /** Takes the keys to the events. */
  focus() {
    part(this, ".scroller").focus();
  }

  /** The event that is chosen. */
  get chosen() {
    return this.#cursor === null ? null : this.#view.at(this.#cursor - this.#view.first);
  }

  /** @param {Arrival} arrival */
  push(arrival) {
    if (arrival.outage === null) this.#total += 1;
    if (arrival.notice !== null) {
      this.#gaps += 1;
      this.#lastGap = arrival;
    }
    this.#all.push(arrival);
    if (this.#filter?.(arrival)) this.#matching?.push(arrival);
    nextFrame(this.#draw);
  }

  /**
   * Counts events that arrived and are not listed.
   *
   * @param {number} number
   */
  skip(number) {
    this.#total += number;
  }

  /** Draws again, because the words of an arrival changed. */
  refresh() {
    this.#ask();
  }

  /** The arrivals that the list shows, as they go on. */
  get #ring() {
    return this.#matching ?? this.#all;
  }

  /** @param {string} text */
  #setFilter(text) {
    this.#filter = arrivalFilter(text);
    this.#matching = null;
    if (this.#filter) {
      const matching = new Ring(KEPT, KEPT_CHARACTERS);
      for (let index = 0; index < this.#all.size; index += 1) {
        const arrival = this.#all.at(index);
        if (this.#filter(arrival)) matching.push(arrival);
      }
      this.#matching = matching;
    }
    this.#held = this.#paused ? this.#ring.snapshot() : null;
    // the numbers are those of another list now
    this.#fresh = this.#ring.next;
    this.#rows?.forget();
    this.#moveCursor(null);
    this.onemptied();
    this.#ask();
  }

  #clearFilter() {
    this.#field.value = "";
    this.#setFilter("");
  }

  /** @returns {Emptied} */
  get emptied() {
    if (this.#paused) return "paused";
    if (this.#filter && this.#total > 0) return "filtered";
    return this.#cleared ? "cleared" : null;
  }

  clear() {
    this.#cleared = true;
    this.#all.clear();
    this.#matching?.clear();
    this.#total = 0;
    this.#held = this.#paused ? this.#ring.snapshot() : null;
    this.#moveCursor(null);
    this.#gaps = 0;
    this.#lastGap = null;
    this.onemptied();
    this.#ask();
  }

  /** Back to following from scratch, for a new run. */
  reset() {
    this.#paused = false;
    this.clear();
    this.#cleared = false;
    this.onemptied();
  }

  get #view() {
    return this.#held ?? this.#ring;
  }

  #ask = () => nextFrame(this.#draw);

  /** Adds new rows to a held view while there is room below its rows, because that moves none. */
  #fillRoom() {
    const held = this.#held;
    const room = Math.floor(this.#rows?.inView ?? 0);
    if (!held || this.#paused || held.size >= room || held.first !== this.#ring.first) return;
    this.#held = this.#ring.snapshot(room);
  }

  #draw = () => {
    const ring = this.#ring;
    this.#fillRoom();
    const view = this.#view;
    this.#rows?.draw({ view, follows: !this.#held, freshFrom: this.#fresh, cursor: this.#cursor });
    this.#fresh = ring.next;
    this.#drawCounts();
    const grid = part(this, ".scroller");
    grid.ariaRowCount = String(ring.next + 1);
    if (this.#cursor === null) grid.removeAttribute("aria-activedescendant");
    else if (this.#rows) grid.setAttribute("aria-activedescendant", this.#rows.rowId(this.#cursor));
    const isEmpty = view.size === 0;
    if (this.hasAttribute("data-empty") !== isEmpty) {
      this.toggleAttribute("data-empty", isEmpty);
      this.onemptied();
    }
    this.#drawChip(this.#held ? ring.next - (this.#held.first + this.#held.size) : 0);
  };

  #drawCounts() {
    const { size, dropped } = this.#all;
    this.dataset.total = String(this.#total);
    setText(part(this, ".counts"), countsWords({
      total: this.#total,
      kept: dropped === 0 ? this.#total : size,
      matching: this.#matching?.size ?? null,
    }));
    const gaps = part(this, "[data-act=gap]");
    gaps.hidden = this.#gaps === 0;
    setText(gaps, several(this.#gaps, "gap"));
  }

  /** @param {number} missed how many arrived since the view is held */
  #drawChip(missed) {
    const chip = part(this, ".chip");
    chip.hidden = !this.#paused && missed === 0;
    const parts = [this.#paused ? "Paused" : "", missed > 0 ? `${count(missed)} new` : ""];
    setText(chip, parts.filter(Boolean).join(", "));
    const pause = part(this, "[data-act=pause]");
    if (pause.ariaPressed === String(this.#paused)) return;
    pause.ariaPressed = String(this.#paused);
    part(pause, "svg").replaceWith(newIcon(this.#paused ? "play" : "pause"));
    pause.title = this.#paused ? "Go on (Space)" : "Pause (Space)";
  }

  #hold() {
    this.#held ??= this.#ring.snapshot();
    this.#ask();
  }

  #follow() {
    this.#held = null;
    this.#paused = false;
    this.#moveCursor(null);
    this.onemptied();
    this.#ask();
  }

  /** @param {number | null} cursor the number of an arrival in the view */
  #moveCursor(cursor) {
    if (this.#cursor === null && cursor === null) return;
    this.#cursor = cursor;
    this.onchosen(this.chosen);
  }

  /** @param {boolean} paused */
  #pause(paused) {
    if (!paused) {
      this.#follow();
      return;
    }
    this.#paused = true;
    this.onemptied();
    this.#hold();
  }

  /** @param {number} index in the view that is held */
  #choose(index) {
    this.#hold();
    if (this.#view.size === 0) return;
    this.#moveCursor(this.#view.first + index);
    this.#rows?.reveal(index);
    this.#ask();
  }

  /** A paused list stays paused. */
  #chooseNone() {
    if (!this.#paused) {
      this.#follow();
      return;
    }
    this.#moveCursor(null);
    this.#ask();
  }

  /** Does nothing when the gap is no longer kept. */
  #chooseGap() {
    if (!this.#lastGap) return;
    // the held view may be from before the gap
    for (const view of [this.#view, this.#ring]) {
      for (let index = view.size - 1; index >= 0; index -= 1) {
        if (view.at(index) !== this.#lastGap) continue;
        if (view === this.#ring) this.#held = null;
        this.#choose(index);
        return;
      }
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    const step = listStep(event);
    if (step === "last" && !this.#paused) {
      this.#follow();
    } else if (step) {
      const { first, size } = this.#view;
      this.#choose(
        stepIndex(
          step,
          this.#cursor === null ? -1 : this.#cursor - first,
          size,
          Math.max(1, Math.floor(this.#rows?.inView ?? 1)),
        ),
      );
    } else if (event.key === " " && !hasModifier(event)) {
      this.#pause(!this.#paused);
    } else if (event.key === "Escape" && this.#cursor !== null) {
      this.#chooseNone();
    } else {
      return;
    }
    event.preventDefault();
  };

  #onScroll = () => {
    if (!this.#rows?.movedByHand) return;
    const follows = this.#rows.atEnd && this.#rows.scrolledDown;
    if (follows && !this.#paused && this.#cursor === null) this.#follow();
    else this.#hold();
  };

  /**
   * In a burst every frame scrolls to the end, which would undo the wheel: hold first.
   *
   * @param {WheelEvent} event
   */
  #onWheel = (event) => {
    if (event.deltaY < 0 && this.#view.size > (this.#rows?.inView ?? 0)) this.#hold();
  };

  /**
   * Holds the view at the press: in a fast list another row would be under the pointer at its
   * release, and there would be no click. This also lets a person select a row's text.
   *
   * @param {PointerEvent} event
   */
  #onPress = (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    this.#heldByPress = this.#held === null && (this.#rows?.seqOf(event.target) ?? null) !== null;
    if (!this.#heldByPress) return;
    this.#hold();
    // after the click, if there is one: the button may be released anywhere
    document.addEventListener("pointerup", () => setTimeout(this.#onPressLost, 100), {
      once: true,
    });
  };

  /** A press that became a scroll, or was released elsewhere, chose nothing. */
  #onPressLost = () => {
    const reads =
      this.#cursor !== null || this.#paused || document.getSelection()?.isCollapsed === false;
    if (this.#heldByPress && !reads) this.#follow();
    this.#heldByPress = false;
  };

  /** @param {MouseEvent} event */
  #onClick = (event) => {
    const seq = this.#rows?.seqOf(event.target) ?? null;
    if (seq !== null) this.#choose(seq - this.#view.first);
  };
}

/**
 * How many events there are: `312 events`, `newest 2,000 of 41,200 events`, `12 of 312 events`.
 *
 * @param {{ total: number, kept: number, matching: number | null }} counts
 */
export function countsWords({ total, kept, matching }) {
  if (matching !== null) return `${count(matching)} of ${several(total, "event")}`;
  return kept < total
    ? `newest ${count(kept)} of ${several(total, "event")}`
    : several(total, "event");
}

customElements.define("event-list", EventList);
