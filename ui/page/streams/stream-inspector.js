/**
 * <stream-inspector>: what is known of the chosen stream: the chosen event, the bytes that it would
 * send, its clients, and its definition. Each is a tab.
 *
 * @import { App, Arrival, Feed } from "../types.js"
 */

import { ClientLines } from "../panel/client-lines.js";
import { ClientsView } from "./clients-view.js";
import { DefinitionView } from "./definition-view.js";
import { EventView } from "../panel/event-view.js";
import { WirePreview } from "../panel/wire-preview.js";
import { count } from "../parts/format.js";
import { markup, part, setText } from "../parts/dom.js";

/** @typedef {"event" | "bytes" | "clients" | "definition"} Tab */

/** @type {[Tab, string][]} */
const TABS = [
  ["event", "Event"],
  ["bytes", "Bytes"],
  ["clients", "Clients"],
  ["definition", "Definition"],
];

const newInspector = markup(`
  <div class="tabs" role="tablist" aria-label="About the chosen stream">${TABS.map(
    ([tab, words]) => `<button type="button" role="tab" id="inspect-${tab}" data-tab="${tab}"
      aria-controls="inspected-${tab}">${words}<span class="badge"></span></button>`,
  ).join("")}</div>
  ${TABS.map(
    ([tab]) => `<section role="tabpanel" id="inspected-${tab}" aria-labelledby="inspect-${tab}"
      data-view="${tab}" hidden></section>`,
  ).join("")}`);

const newTopicBytes = markup(
  `<p class="of-topic quiet">A topic sends what is published to it. To see the bytes, open
    the wire of a client in the Clients tab.</p>`,
);

const newTopicFacts = markup(
  `<div class="of-topic topic-facts"><p class="words"></p><p class="about"></p
    ><p class="quiet">A topic has no lines in
    the file of streams: it begins when somebody first subscribes or publishes to it.</p></div>`,
);

/** @type {Record<string, number>} */
const ARROWS = { ArrowLeft: -1, ArrowRight: 1 };

export class StreamInspector extends HTMLElement {
  /** @type {Tab} */
  #tab = "event";
  /** @type {{ feed: Feed, isTopic: boolean } | null} */
  #source = null;
  /** @type {EventView | null} */
  #event = null;
  /** @type {WirePreview | null} */
  #bytes = null;
  /** @type {ClientsView | null} */
  #clients = null;
  /** @type {ClientLines | null} */
  #lines = null;
  /** @type {DefinitionView | null} */
  #definition = null;
  /** A new stream is defined here, whatever is chosen in the list. */
  #creates = false;
  /** Whether it is in view: where its place is hidden, nothing need be asked for. */
  #isShown = false;
  /** Called with the path of a new stream that was saved. */
  oncreated = /** @type {(path: string) => void} */ (() => {});

  /** @param {App} app */
  connect(app) {
    this.append(newInspector());
    this.#event = new EventView(this.#view("event"), app);
    this.#bytes = new WirePreview(app);
    this.#view("bytes").append(this.#bytes, newTopicBytes());
    this.#clients = new ClientsView(this.#view("clients"), app);
    this.#lines = new ClientLines();
    this.#view("clients").append(this.#lines);
    this.#lines.connect(app);
    this.#definition = new DefinitionView(this.#view("definition"), app);
    this.#definition.oncreated = (path) => this.oncreated(path);
    this.#view("definition").append(newTopicFacts());
    const tabs = part(this, ".tabs");
    tabs.addEventListener("click", ({ target }) => {
      const tab = target instanceof Element ? target.closest("[data-tab]") : null;
      if (tab instanceof HTMLElement) this.choose(/** @type {Tab} */ (tab.dataset.tab));
    });
    tabs.addEventListener("keydown", (event) => {
      const by = ARROWS[event.key];
      const at = TABS.findIndex(([tab]) => tab === this.#tab);
      if (by === undefined || !TABS[at + by]) return;
      event.preventDefault();
      this.choose(TABS[at + by][0]);
      part(this, `[data-tab=${this.#tab}]`).focus();
    });
    app.store.on("streams_file", () => {
      this.#bytes?.refresh();
      this.#definition?.refresh();
    });
    new ResizeObserver(([{ contentRect }]) => {
      this.#isShown = contentRect.height > 0;
      this.#show();
    }).observe(this);
    this.choose("event");
  }

  /**
   * @param {Tab} tab
   * @returns {HTMLElement}
   */
  #view(tab) {
    return part(this, `[data-view=${tab}]`);
  }

  /** @param {Tab} chosen */
  choose(chosen) {
    this.#tab = chosen;
    for (const [tab] of TABS) {
      const button = part(this, `[data-tab=${tab}]`);
      button.ariaSelected = String(tab === chosen);
      button.tabIndex = tab === chosen ? 0 : -1;
      this.#view(tab).hidden = tab !== chosen;
    }
    this.#show();
  }

  /**
   * Shows another stream or topic, or the same with another description.
   *
   * @param {Feed} feed
   * @param {boolean} isTopic
   */
  inspect(feed, isTopic) {
    if (feed.path !== this.#source?.feed.path) this.#creates = false;
    this.#source = { feed, isTopic };
    this.#show();
  }

  /**
   * @param {Arrival | null} arrival the chosen event
   * @param {Feed} feed what it arrived on
   */
  showEvent(arrival, feed) {
    this.#event?.show(arrival, feed);
    // a choice is made to be read
    if (arrival && this.#tab !== "event" && this.#tab !== "bytes") this.choose("event");
  }

  /** @param {number} open how many read the stream now */
  set clients(open) {
    setText(part(this, "[data-tab=clients] .badge"), open > 0 ? count(open) : "");
  }

  /** A form for a stream that the file does not have yet. */
  beginStream() {
    this.#creates = true;
    this.choose("definition");
    this.#definition?.begin();
  }

  #show() {
    const source = this.#source;
    if (!source) return;
    const { feed, isTopic } = source;
    const shows = (/** @type {Tab} */ tab) => this.#isShown && this.#tab === tab;
    this.#bytes?.show(shows("bytes") && !isTopic ? feed.path : null, feed.label);
    this.#clients?.show(shows("clients") ? feed.path : null);
    this.#lines?.show(feed.path);
    this.toggleAttribute("data-topic", isTopic && !this.#creates);
    if (shows("definition") && !this.#creates) {
      this.#definition?.show(isTopic ? null : feed.path);
    }
    setText(part(this, ".topic-facts .words"), feed.summary);
    setText(part(this, ".topic-facts .about"), feed.about);
  }
}

customElements.define("stream-inspector", StreamInspector);
