/**
 * <stream-panel>: one stream of the server's list, with a switch, its state in words, and what arrives.
 * It shows any stream that a StreamInfo describes and knows none by name.
 *
 * @import { App, Standing, StreamInfo } from "./types.js"
 * @import { EventList } from "./event-list.js"
 */

import "./event-list.js";
import { IDLE, StreamClient } from "./stream-client.js";
import { announce } from "./announce.js";
import { canStart } from "./reconnect.js";
import { copies } from "./copy-button.js";
import { curlLine, streamAddress } from "./client-lines.js";
import { markup, part, setText } from "./dom.js";

const newPanel = markup(`
  <header>
    <h2 class="title"></h2>
    <code class="path"></code>
    <span class="summary"></span>
    <span class="standing"><span class="shape" aria-hidden="true"></span><span class="state"></span></span>
    <button type="button" data-act="toggle">Start</button>
  </header>
  <div class="body">
    <event-list></event-list>
    <div class="nothing">
      <p class="hint"></p>
      <p class="try"><code></code><button type="button" class="small" data-act="copy" aria-label="Copy the curl line">Copy</button></p>
    </div>
    <p class="note" hidden></p>
  </div>`);

export class StreamPanel extends HTMLElement {
  /** @type {StreamInfo} */
  #info;
  #app;
  #client;
  #removed = new AbortController();

  /**
   * @param {App} app
   * @param {StreamInfo} info
   */
  constructor(app, info) {
    super();
    this.#app = app;
    this.#info = info;
    this.#client = new StreamClient(info, app.host, app.ownTags);
  }

  connectedCallback() {
    if (this.firstChild) return;
    const { path, title, summary } = this.#info;
    this.append(newPanel());
    this.dataset.path = path;
    this.role = "group";
    this.ariaLabel = title;
    part(this, ".title").textContent = title;
    part(this, ".path").textContent = path;
    part(this, ".summary").textContent = summary;
    part(this, ".summary").title = summary;
    this.#list.label = `Events of ${title}`;
    this.#toggle.addEventListener("click", () => this.#toggled());
    copies(part(this, ".try [data-act=copy]"), this.#app.host, () => part(this, ".try code").textContent ?? "");
    this.#client.onarrival = (arrival) => this.#list.push(arrival);
    this.#client.onstanding = (standing) => this.#show(standing);
    this.#show(IDLE);
    const { signal } = this.#removed;
    this.#app.store.on("status", () => this.#serverChanged(), signal);
    this.#app.store.on("unreachable", () => this.#serverChanged(), signal);
  }

  /** Gives the connection back; the panel can be started again. */
  close() {
    this.#client.stop("closed with the page");
  }

  /** The server no longer has this stream. */
  discard() {
    this.close();
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

  get #canStart() {
    const { store } = this.#app;
    return canStart(this.#base, store.get("status")) && !store.get("unreachable");
  }

  #toggled() {
    if (this.#client.live) {
      this.#client.stop();
      return;
    }
    const base = this.#base;
    if (base === null || !this.#canStart) return;
    this.#list.reset();
    this.#client.start(base);
  }

  #serverChanged() {
    this.#client.serverAt(this.#base);
    this.#show(this.#client.standing);
  }

  /** @param {Standing} standing */
  #show({ state, words, note, final }) {
    const before = part(this, ".state").textContent;
    this.dataset.state = state;
    this.toggleAttribute("data-final", final);
    setText(part(this, ".state"), words);
    if (before && before !== words) announce(`${this.#info.title}: ${words}`);
    const toggle = this.#toggle;
    const live = this.#client.live;
    setText(toggle, live ? "Stop" : "Start");
    toggle.ariaLabel = `${live ? "Stop" : "Start"} ${this.#info.title}`;
    // not `disabled`: that would take the focus away from whoever has just pressed it
    const usable = live || this.#canStart;
    toggle.ariaDisabled = usable ? null : "true";
    toggle.title = usable ? "" : "Start the server first";
    const noteLine = part(this, ".note");
    noteLine.hidden = note === null;
    setText(noteLine, note ?? "");
    setText(part(this, ".hint"), this.#hint(state, final, usable));
    setText(part(this, ".try code"), curlLine(streamAddress(this.#app.store.get("status"), this.#info.path)));
  }

  /**
   * What an empty list says to do next.
   *
   * @param {Standing["state"]} state
   * @param {boolean} final
   * @param {boolean} usable
   */
  #hint(state, final, usable) {
    if (state === "connecting") return "Waiting for the server to answer.";
    if (state === "open") return "Nothing has arrived yet.";
    if (state === "lost" && !final) return "Nothing arrived before the connection was lost.";
    return usable ? "Start opens this stream here. In a terminal:" : "Start the server, then start this stream. In a terminal:";
  }
}

customElements.define("stream-panel", StreamPanel);
