/**
 * <first-client>: what an empty table says: how to connect a first client to a stream, in the lines
 * of EventSource, fetch, React and curl.
 *
 * @import { App } from "../types.js"
 */

import { ClientLines } from "../panel/client-lines.js";
import { markup, part, setText } from "../parts/dom.js";

const newLines = markup(`
  <h3 class="title">Waiting for your first client</h3>
  <p class="hint"></p>
  <label class="meta">to <select name="stream" aria-label="Stream to connect to"></select></label>
  <client-lines></client-lines>`);

export class FirstClient extends HTMLElement {
  /** @param {App} app */
  connect(app) {
    this.append(newLines());
    this.#lines.connect(app);
    this.#select.addEventListener("change", () => this.#lines.show(this.#select.value));
    app.store.on("status", ({ phase }) => {
      const hint =
        phase === "running"
          ? "Run these lines in your app, or in a terminal: the client is shown here at once."
          : "The server is not running: start it, then run these lines.";
      setText(part(this, ".hint"), hint);
    });
    app.store.on("streams", (streams) => {
      // an endless stream is the better one: a new client sees events at once
      const first = streams.find(({ endless }) => endless) ?? streams[0];
      this.#offer(streams.map(({ path }) => path), first?.path);
    });
  }

  get #select() {
    return /** @type {HTMLSelectElement} */ (part(this, "select"));
  }

  get #lines() {
    return /** @type {ClientLines} */ (part(this, "client-lines"));
  }

  /**
   * @param {string[]} paths
   * @param {string | undefined} first the one to begin with
   */
  #offer(paths, first) {
    const select = this.#select;
    const chosen = paths.includes(select.value) ? select.value : first;
    select.replaceChildren(...paths.map((path) => new Option(path, path)));
    if (chosen) select.value = chosen;
    this.#lines.show(select.value);
  }
}

customElements.define("first-client", FirstClient);
