/**
 * <lane-acts>: a button at the lane that the pointer or the cursor is at, which shows the acts on
 * its client; and in each lane because of which something is armed, a button that undoes it.
 *
 * @import { App, BreakTarget } from "../types.js"
 * @import { Lane } from "./timeline-data.js"
 * @import { Scene } from "./timeline-scene.js"
 */

import { BreakMenu } from "../breaks/break-menu.js";
import { FOOT, LANE } from "./timeline-scene.js";
import { icon } from "../parts/icons.js";
import { laneName } from "./timeline-labels.js";
import { markup, part } from "../parts/dom.js";
import { ofLane } from "../breaks/break-words.js";

const newButton = markup(
  `<button type="button" class="tool acts">${icon("acts")}${icon("undo")}</button>`,
);

/** How much of the column of names a button takes. */
export const ACTS_WIDTH = 26;

/**
 * A lane as what is to be broken.
 *
 * @param {Lane} lane
 * @returns {BreakTarget}
 */
const targetOf = ({ stream, client, bars, knocks }) =>
  ofLane({
    stream,
    client,
    open: bars.filter(({ to }) => to === null).map(({ connection }) => connection),
    struck: [
      ...bars.flatMap(({ flags }) => flags.map(({ fault }) => fault)),
      ...knocks.flatMap(({ fault }) => (fault === null ? [] : [fault])),
    ],
  });

export class LaneActs extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  #menu = new BreakMenu();
  /** What gets the focus back from the menu. @type {HTMLElement} */
  #home = this;
  /** The buttons by lane. @type {Map<number, HTMLElement>} */
  #buttons = new Map();
  /** @type {Map<number, Lane>} */
  #lanes = new Map();

  /**
   * @param {App} app
   * @param {HTMLElement} home
   */
  connect(app, home) {
    this.#app = app;
    this.#home = home;
    this.#menu.connect(app);
    home.after(this.#menu);
  }

  /**
   * Shows the menu of a lane.
   *
   * @param {Lane} lane
   * @param {{ x: number, y: number }} place in the window
   */
  open(lane, place) {
    this.#menu.open(targetOf(lane), place, this.#home);
  }

  /**
   * @param {Pick<Scene, "lanes" | "top" | "height">} scene
   * @param {number} column how wide the column of names is
   * @param {readonly (number | undefined)[]} pointed the lanes that somebody is at
   */
  draw({ lanes, top, height }, column, pointed) {
    const { deeds, ownTags } = /** @type {App} */ (this.#app);
    this.#lanes.clear();
    const first = Math.max(0, Math.ceil(top / LANE - 0.5));
    const end = Math.min(lanes.length, Math.floor((top + height - FOOT) / LANE));
    for (let index = first; index < end; index += 1) {
      const lane = lanes[index];
      const armed = deeds.armed(targetOf(lane));
      if (armed.length === 0 && !pointed.includes(lane.id)) continue;
      this.#lanes.set(lane.id, lane);
      const button = this.#buttons.get(lane.id) ?? this.#newButton(lane.id);
      button.toggleAttribute("data-undo", armed.length > 0);
      const faults = armed.map(({ id }) => id).join(", ");
      const label = armed.length > 0 ? `Undo fault ${faults}` : `Break ${laneName(lane, ownTags)}`;
      if (button.ariaLabel !== label) {
        button.ariaLabel = label;
        button.title = label;
      }
      const x = column - ACTS_WIDTH;
      button.style.translate = `${x}px ${index * LANE - top}px`;
    }
    for (const [id, button] of this.#buttons) {
      if (this.#lanes.has(id)) continue;
      // whoever is at it stays in the timeline
      if (button === document.activeElement) this.#home.focus({ preventScroll: true });
      button.remove();
      this.#buttons.delete(id);
    }
  }

  /** @param {number} id */
  #newButton(id) {
    const button = part(newButton(), "button");
    button.addEventListener("click", () => this.#press(id, button));
    this.#buttons.set(id, button);
    this.append(button);
    return button;
  }

  /**
   * @param {number} id
   * @param {HTMLElement} button
   */
  #press(id, button) {
    const lane = this.#lanes.get(id);
    if (!lane) return;
    const { left, bottom } = button.getBoundingClientRect();
    const place = { x: left, y: bottom + 2 };
    if (button.hasAttribute("data-undo")) this.#menu.undo(targetOf(lane), place);
    else this.#menu.open(targetOf(lane), place, this.#home);
  }
}

customElements.define("lane-acts", LaneActs);
