/**
 * <stream-panel>: one stream or topic, with a switch, its state in words, and its events. It shows
 * what its Feed describes, and never asks whether the Feed is a stream or a topic.
 *
 * @import { App, Arrival, Feed, ServerHere, Standing } from "../types.js"
 * @import { EventList } from "./event-list.js"
 */

import "./event-list.js";
import { IDLE, StreamClient } from "./stream-client.js";
import { announce } from "../parts/announce.js";
import { canStart } from "./reconnect.js";
import { copyOnClick } from "../parts/copy-button.js";
import { emptiedHint } from "./hints.js";
import { streamAddress } from "../parts/snippets.js";
import { markup, part, setText } from "../parts/dom.js";
import { silentStreamWords } from "../parts/words.js";

const newPanel = markup(`
  <header>
    <h2 class="title"></h2>
    <code class="path"></code>
    <span class="summary"></span>
    <span class="standing"><span class="shape" aria-hidden="true"></span
      ><span class="state"></span></span>
    <span class="acts"><button type="button" data-act="toggle">Connect</button></span>
  </header>
  <div class="body">
    <event-list></event-list>
    <div class="nothing">
      <p class="hint"></p>
      <p class="try"><code></code
        ><button type="button" class="small" data-act="copy"
          aria-label="Copy the curl line">Copy</button></p>
    </div>
    <p class="note" hidden></p>
  </div>`);

/** @type {Record<ServerHere, string>} */
const TOGGLE_TITLES = {
  ready: "",
  stopped: "Start the server first",
  unreachable: "The server does not answer: see the bar at the top",
};

/**
 * While the server does not answer, a stream that is silent for this long is no longer shown as
 * open.
 */
const SILENT_MS = 2000;

export class StreamPanel extends HTMLElement {
  #feed;
  #app;
  #client;
  #acts;
  #removed = new AbortController();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #silence;
  /** Called with the chosen event, and with null when none is chosen any more. */
  onchosen = /** @type {(arrival: Arrival | null) => void} */ (() => {});
  /** Called when its state may have changed. */
  onstanding = () => {};

  /**
   * @param {App} app
   * @param {Feed} feed
   * @param {HTMLElement[]} [acts] buttons beside its switch
   */
  constructor(app, feed, acts = []) {
    super();
    this.#app = app;
    this.#feed = feed;
    this.#acts = acts;
    this.#client = new StreamClient(feed, app.host, app.ownTags, app.underWay);
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.append(newPanel());
    this.dataset.path = this.#feed.path;
    this.role = "group";
    part(this, ".acts").append(...this.#acts);
    this.#showFeed();
    this.#toggle.addEventListener("click", () => this.#toggled());
    copyOnClick(
      part(this, ".try [data-act=copy]"),
      this.#app.host,
      () => part(this, ".try code").textContent ?? "",
    );
    this.#client.onarrival = (arrival) => {
      this.#list.push(arrival);
      // it is not silent after all
      if (this.hasAttribute("data-stale")) this.#show(this.#client.standing);
      if (arrival.notice) announce(`${this.#feed.label}: ${arrival.notice}`);
    };
    this.#client.onoutage = () => this.#list.refresh();
    this.#list.onchosen = (arrival) => this.onchosen(arrival);
    this.#list.onemptied = () => this.#show(this.#client.standing);
    this.#client.onstanding = (standing) => this.#show(standing);
    this.#show(IDLE);
    const { signal } = this.#removed;
    this.#app.store.on("status", () => this.#serverChanged(), signal);
    this.#app.store.on("unreachable", () => this.#serverChanged(), signal);
  }

  /** Starts the stream, if it can be started and has no run. */
  start() {
    const base = this.#base;
    if (this.#client.live || base === null || this.#server !== "ready") return;
    this.#client.start(base);
    // the events of an earlier run stay if this one did not begin
    if (this.#client.live) this.#list.reset();
  }

  /**
   * Takes the changed description of the stream or topic.
   *
   * @param {Feed} feed of the same path
   */
  update(feed) {
    this.#feed = feed;
    this.#client.update(feed);
    this.#showFeed();
    this.#show(this.#client.standing);
  }

  get feed() {
    return this.#feed;
  }

  /** Its state, and whether that is doubtful because the server does not answer. */
  get standing() {
    return { ...this.#client.standing, stale: this.#isSilent };
  }

  /** The chosen event, if there is one. */
  get chosen() {
    return this.#list.chosen;
  }

  /** Takes the keys to the filter of its events. */
  find() {
    this.#list.find();
  }

  /** Takes the keys to its events. */
  read() {
    this.#list.focus();
  }

  /**
   * To the panel itself, not to its switch: the focus may come from a removed panel, and the next
   * key was meant for that one.
   */
  focus() {
    this.tabIndex = -1;
    super.focus();
  }

  /**
   * Closes the connection; the panel can be connected again.
   *
   * @param {string} [why]
   */
  close(why = "closed with the page") {
    this.#client.stop(why);
  }

  /**
   * Removes the panel for good.
   *
   * @param {string} why shown as the reason for the end of its stream
   */
  discard(why) {
    this.#client.stop(why);
    clearInterval(this.#silence);
    this.#removed.abort();
    this.remove();
  }

  get #list() {
    return /** @type {EventList} */ (part(this, "event-list"));
  }

  get #toggle() {
    return /** @type {HTMLButtonElement} */ (part(this, "[data-act=toggle]"));
  }

  get #base() {
    const { host, store } = this.#app;
    return host.streamBase(store.get("status"));
  }

  /** @returns {ServerHere} */
  get #server() {
    const { store } = this.#app;
    if (store.get("unreachable")) return "unreachable";
    return canStart(this.#base, store.get("status")) ? "ready" : "stopped";
  }

  #toggled() {
    if (this.#client.live) this.#client.stop();
    else this.start();
  }

  #showFeed() {
    const { path, title, label, summary } = this.#feed;
    this.ariaLabel = label;
    this.#list.label = `Events of ${label}`;
    for (const [selector, text] of [[".title", title], [".path", path], [".summary", summary]]) {
      const element = part(this, selector);
      setText(element, text);
      element.title = text;
    }
    part(this, ".path").hidden = title === path;
  }

  #serverChanged() {
    this.#client.serverAt(this.#base);
    this.#show(this.#client.standing);
    clearInterval(this.#silence);
    // a stream that still sends while the server does not answer may fall silent later
    if (this.#server === "unreachable") {
      this.#silence = setInterval(() => this.#show(this.#client.standing), 1000);
    }
  }

  /**
   * The server does not answer and nothing arrives on this stream, so whether it is open is
   * unknown.
   */
  get #isSilent() {
    return (
      this.#server === "unreachable" &&
      this.#client.standing.state === "open" &&
      Date.now() - this.#client.heardAt > SILENT_MS
    );
  }

  /** @param {Standing} standing */
  #show(standing) {
    const { state, note, final } = standing;
    const silent = this.#isSilent;
    const words = silent ? silentStreamWords(this.#client.heardAt) : standing.words;
    this.toggleAttribute("data-stale", silent);
    const { label, path } = this.#feed;
    const before = part(this, ".state").textContent;
    this.dataset.state = state;
    this.toggleAttribute("data-final", final);
    setText(part(this, ".state"), words);
    if (before && before !== words) announce(`${label}: ${words}`);
    const toggle = this.#toggle;
    const live = this.#client.live;
    setText(toggle, live ? "Disconnect" : "Connect");
    toggle.classList.toggle("primary", !live);
    toggle.ariaLabel = `${live ? "Disconnect" : "Connect"} ${label}`;
    // not `disabled`, which would take the focus from a button that was just pressed
    const server = live ? "ready" : this.#server;
    toggle.ariaDisabled = server === "ready" ? null : "true";
    toggle.title = TOGGLE_TITLES[server];
    const noteLine = part(this, ".note");
    noteLine.hidden = note === null;
    setText(noteLine, note ?? "");
    const hint = emptiedHint(standing, this.#list.emptied) ?? this.#feed.hint(standing, server);
    setText(part(this, ".hint"), hint.words);
    part(this, ".try").hidden = !hint.withLine;
    setText(
      part(this, ".try code"),
      this.#feed.line(streamAddress(this.#app.store.get("status"), path)),
    );
    this.onstanding();
  }
}

customElements.define("stream-panel", StreamPanel);
