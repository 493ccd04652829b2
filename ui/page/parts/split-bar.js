/**
 * <split-bar>: the bar between two parts of a place, one above the other. A person drags it or
 * moves it with keys. It sets the upper part's share as a custom property of the place, and keeps
 * the share for the next time. Until a person moves it, the place may suggest one.
 */

import { afterKey, bounds, clamped } from "./split-share.js";
import { hasModifier } from "./keys.js";
import { remember, remembered } from "./remembered.js";

export class SplitBar extends HTMLElement {
  #share = 50;
  #moved = () => {};
  #property = "--share";
  #limits = bounds;
  /** A person moved it. */
  #chosen = false;
  /** Where in the bar the pointer grips it; null while it does not. */
  #grip = /** @type {number | null} */ (null);

  /**
   * @param {string} label
   * @param {() => void} moved
   * @param {{ property?: string, limits?: typeof bounds }} [more] which custom property it sets,
   *   and how far it can be moved
   */
  connect(label, moved, { property = "--share", limits = bounds } = {}) {
    this.#moved = moved;
    this.#property = property;
    this.#limits = limits;
    const kept = remembered(this.#name);
    if (typeof kept === "number" && kept > 0 && kept < 100) {
      this.#share = kept;
      this.#chosen = true;
    }
    this.role = "separator";
    this.tabIndex = 0;
    this.ariaOrientation = "horizontal";
    this.ariaLabel = label;
    this.addEventListener("keydown", this.#onKey);
    this.addEventListener("pointerdown", this.#onDown);
    this.addEventListener("pointermove", this.#onMove);
    for (const over of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.addEventListener(over, () => {
        if (this.#grip !== null && this.#chosen) remember(this.#name, this.#share);
        this.#grip = null;
        this.toggleAttribute("data-held", false);
      });
    }
    this.#draw();
  }

  /** Under which its share is kept. */
  get #name() {
    return `split${this.#property}`;
  }

  /** The place that it divides. */
  get #place() {
    return /** @type {HTMLElement} */ (this.parentElement);
  }

  get #bounds() {
    return this.#limits(this.#place.clientHeight);
  }

  /**
   * The share that fits what is above, as long as nobody chose another.
   *
   * @param {number} share
   */
  suggest(share) {
    if (this.#chosen) return;
    this.#share = clamped(share, this.#bounds);
    this.#draw();
  }

  /** @param {number} share */
  #move(share) {
    this.#chosen = true;
    this.#share = clamped(share, this.#bounds);
    this.#draw();
    this.#moved();
  }

  #draw() {
    const { least, most } = this.#bounds;
    this.#place.style.setProperty(this.#property, String(this.#share));
    this.ariaValueNow = String(Math.round(this.#share));
    this.ariaValueMin = String(Math.round(least));
    this.ariaValueMax = String(Math.round(most));
  }

  /** After the height of the place changed, and with it the bounds. */
  fit() {
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    const to = hasModifier(event) ? null : afterKey(event.key, this.#share, this.#bounds);
    if (to === null) return;
    event.preventDefault();
    this.#move(to);
    remember(this.#name, this.#share);
  };

  /** @param {PointerEvent} event */
  #onDown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    this.focus();
    this.#grip = event.clientY - this.getBoundingClientRect().top;
    this.setPointerCapture(event.pointerId);
    this.toggleAttribute("data-held", true);
  };

  /** @param {PointerEvent} event */
  #onMove = (event) => {
    if (this.#grip === null) return;
    const { top, height } = this.#place.getBoundingClientRect();
    this.#move(((event.clientY - this.#grip - top) / height) * 100);
  };
}

customElements.define("split-bar", SplitBar);
