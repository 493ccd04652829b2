/**
 * The view of one event: its id, name and time, and its data as it was sent, or laid
 * out where it is JSON.
 *
 * @import { App, Arrival, Feed } from "../types.js"
 */

import { copyExactly } from "../parts/exact-copy.js";
import { copyOnClick } from "../parts/copy-button.js";
import { count, cut, duration, gap, several, timeOfDay } from "../parts/format.js";
import { jsonLayout } from "../bytes/json-layout.js";
import { markup, part, setText } from "../parts/dom.js";
import { textNodes } from "../bytes/lines.js";

/** As much as a browser lays out between two repeats of a held key. Copy takes the rest as well. */
const DRAWN = 10_000;

const newView = markup(`
  <p class="none quiet">Choose an event in the list: its data is shown here.</p>
  <div class="chosen" hidden>
    <dl class="facts"></dl>
    <div class="acts">
      <button type="button" class="small" data-act="copy-data">Copy data</button>
      <button type="button" class="small" data-act="copy-event"
        title="Copy the event as text of an event stream">Copy event</button>
      <label class="json"><input type="checkbox" checked> laid out</label>
    </div>
    <div class="text" tabindex="0" role="group" aria-label="Data of the chosen event"><pre
      data-exact></pre><p class="rest quiet meta" hidden></p></div>
  </div>`);

export class EventView {
  #root;
  /** @type {Arrival | null} */
  #arrival = null;
  /** @type {number | null} */
  #retryMs = null;

  /**
   * @param {HTMLElement} root
   * @param {App} app
   */
  constructor(root, { host }) {
    this.#root = root;
    root.classList.add("event-view");
    root.append(newView());
    root.addEventListener("copy", copyExactly);
    copyOnClick(part(root, "[data-act=copy-data]"), host, () => this.#arrival?.data ?? "");
    copyOnClick(part(root, "[data-act=copy-event]"), host, () =>
      this.#arrival ? eventText(this.#arrival) : "",
    );
    this.#isLaidOut.addEventListener("change", () => this.#drawData());
  }

  /**
   * Shows an event; the same event again keeps a selection in its text.
   *
   * @param {Arrival | null} arrival null when none is chosen
   * @param {Pick<Feed, "retry_ms">} feed what it arrived on
   */
  show(arrival, feed) {
    this.#retryMs = feed.retry_ms;
    if (arrival === this.#arrival) return;
    this.#arrival = arrival;
    part(this.#root, ".none").hidden = arrival !== null;
    part(this.#root, ".chosen").hidden = arrival === null;
    if (!arrival) return;
    part(this.#root, ".facts").replaceChildren(...this.#facts(arrival).flatMap(newFact));
    this.#drawData();
    part(this.#root, ".text").scrollTop = 0;
  }

  get #isLaidOut() {
    return /** @type {HTMLInputElement} */ (part(this.#root, ".json input"));
  }

  /**
   * @param {Arrival} arrival
   * @returns {[string, string][]}
   */
  #facts({ id, event, at, gap: after, data, outage }) {
    if (outage !== null) return [["time", timeOfDay(at)], ["outage", outage]];
    const bytes = new TextEncoder().encode(data).length;
    return [
      ["id", id === "" ? "none" : id],
      ["event", event],
      ["time", `${timeOfDay(at)}${after === null ? "" : `  ${gap(after)}`}`],
      ["data", several(bytes, "byte")],
      ["retry", this.#retryMs === null ? "the browser's own" : duration(this.#retryMs)],
    ];
  }

  #drawData() {
    const data = this.#arrival?.data ?? "";
    const drawn = cut(data, DRAWN);
    const tokens = drawn === data ? jsonLayout(data) : null;
    part(this.#root, ".json").hidden = tokens === null;
    const pre = part(this.#root, "pre");
    if (tokens && this.#isLaidOut.checked) {
      pre.replaceChildren(...tokens.map(newToken));
      pre.removeAttribute("data-exact");
    } else {
      pre.replaceChildren(...textNodes(drawn));
      pre.setAttribute("data-exact", "");
    }
    const rest = part(this.#root, ".rest");
    rest.hidden = drawn === data;
    const shown = `${count(drawn.length)} of ${count(data.length)} characters shown`;
    setText(rest, `${shown}: Copy data copies all of them.`);
  }
}

/**
 * @param {[string, string]} fact
 * @returns {Node[]}
 */
function newFact([name, words]) {
  const term = document.createElement("dt");
  term.textContent = name;
  const value = document.createElement("dd");
  value.textContent = words;
  return [term, value];
}

/** @param {{ text: string, kind: string | null }} token */
function newToken({ text, kind }) {
  if (kind === null || kind === "sign") return document.createTextNode(text);
  const span = document.createElement("span");
  span.className = `json-${kind}`;
  span.textContent = text;
  return span;
}

/**
 * An event as text of an event stream (WHATWG HTML 9.2.5): its data in lines, as a client reads it.
 *
 * @param {Pick<Arrival, "id" | "event" | "data">} event
 */
export function eventText({ id, event, data }) {
  const lines = [
    ...(event === "message" ? [] : [`event: ${event}`]),
    ...(id === "" ? [] : [`id: ${id}`]),
    ...data.split("\n").map((line) => `data: ${line}`),
  ];
  return `${lines.join("\n")}\n\n`;
}
