/**
 * <connect-app>: the lines that connect a person's own program to a stream or topic, ready to copy,
 * with the real port.
 *
 * @import { App } from "../types.js"
 */

import { copyOnClick } from "../parts/copy-button.js";
import { curlLine, pageLines, streamAddress } from "../parts/snippets.js";
import { markup, part, setText } from "../parts/dom.js";

const newBlock = markup(`
  <div class="connect-head">
    <h2 class="title">Connect your app</h2>
    <label>to <select name="stream" aria-label="Stream to connect to"></select></label>
    <span class="quiet connect-note"></span>
  </div>
  <div class="line">
    <span class="quiet">terminal</span>
    <pre tabindex="0" role="group" aria-label="Line for a terminal"><code
      data-line="curl"></code></pre>
    <button type="button" class="small" data-act="copy"
      aria-label="Copy the curl line">Copy</button>
  </div>
  <div class="line">
    <span class="quiet">page</span>
    <pre tabindex="0" role="group" aria-label="Lines for a page"><code
      data-line="eventsource"></code></pre>
    <button type="button" class="small" data-act="copy"
      aria-label="Copy the lines for a page">Copy</button>
  </div>`);

export class ConnectApp extends HTMLElement {
  /** @type {App | null} */
  #app = null;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.append(newBlock());
    for (const line of this.querySelectorAll(".line")) {
      copyOnClick(
        part(line, "[data-act=copy]"),
        app.host,
        () => part(line, "code").textContent ?? "",
      );
    }
    this.#select.addEventListener("change", () => this.#show());
    app.store.on("streams", () => this.#offer());
    app.store.on("topics", () => this.#offer());
    app.store.on("status", () => this.#show());
  }

  get #select() {
    return /** @type {HTMLSelectElement} */ (part(this, "select"));
  }

  #offer() {
    const { store } = /** @type {App} */ (this.#app);
    const streams = store.get("streams") ?? [];
    const paths = [...streams, ...(store.get("topics") ?? [])].map(({ path }) => path);
    const select = this.#select;
    // topics change with every event: that must not rebuild a list that somebody has open
    if (paths.join() !== Array.from(select.options, ({ value }) => value).join()) {
      const chosen = select.value;
      select.replaceChildren(...paths.map((path) => new Option(path, path)));
      // an endless stream is the better default: a new client sees events at once
      const first = streams.find(({ endless }) => endless) ?? streams[0];
      select.value = paths.includes(chosen) ? chosen : (first?.path ?? "");
    }
    this.#show();
  }

  #show() {
    const app = this.#app;
    const path = this.#select.value;
    if (!app || !path) return;
    const { store } = app;
    const status = store.get("status");
    const sources = [...(store.get("streams") ?? []), ...(store.get("topics") ?? [])];
    const address = streamAddress(status, path);
    setText(part(this, "[data-line=curl]"), curlLine(address));
    const source = sources.find((one) => one.path === path);
    setText(part(this, "[data-line=eventsource]"), source ? pageLines(address, source) : "");
    const note = status?.phase === "running" ? "" : "works once the server runs";
    setText(part(this, ".connect-note"), note);
  }
}

customElements.define("connect-app", ConnectApp);
