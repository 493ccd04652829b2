/**
 * <client-lines>: the lines that connect a person's own program to a stream, for EventSource,
 * fetch, React and curl, with the real port and a name for the client.
 *
 * @import { App } from "../types.js"
 * @import { Snippet } from "../parts/snippets.js"
 */

import { clientSnippets, streamAddress } from "../parts/snippets.js";
import { copyOnClick } from "../parts/copy-button.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";

const newLines = markup(`
  <div class="kinds" role="tablist" aria-label="Kind of client"></div>
  <div class="snippet"><pre tabindex="0" role="tabpanel" aria-label="Lines to copy"><code
    ></code></pre><button type="button" class="tool" data-act="copy" title="Copy the lines"
      aria-label="Copy the lines">${icon("copy")}</button></div>
  <p class="note meta quiet"></p>`);

/** @type {Record<string, number>} */
const ARROWS = { ArrowLeft: -1, ArrowRight: 1 };

export class ClientLines extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** The path of the stream. */
  #path = "";
  /** @type {Snippet["name"]} */
  #kind = "eventsource";
  /** @type {Snippet[]} */
  #snippets = [];

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    const { host, store } = app;
    this.append(newLines());
    copyOnClick(part(this, "[data-act=copy]"), host, () => part(this, "code").textContent ?? "");
    const kinds = part(this, ".kinds");
    kinds.addEventListener("click", ({ target }) => {
      if (target instanceof HTMLElement && target.dataset.kind) this.#choose(target.dataset.kind);
    });
    kinds.addEventListener("keydown", (event) => {
      const at = this.#snippets.findIndex(({ name }) => name === this.#kind);
      const to = this.#snippets[at + (ARROWS[event.key] ?? NaN)];
      if (!to) return;
      event.preventDefault();
      this.#choose(to.name);
      part(kinds, `[data-kind=${to.name}]`).focus();
    });
    store.on("status", () => this.#show());
    store.on("streams", () => this.#show());
    store.on("topics", () => this.#show());
  }

  /** @param {string} path of a stream or topic */
  show(path) {
    if (path === this.#path) return;
    this.#path = path;
    this.#show();
  }

  /** @param {string} kind */
  #choose(kind) {
    this.#kind = /** @type {Snippet["name"]} */ (kind);
    this.#show();
  }

  #show() {
    if (!this.#app) return;
    const { store } = this.#app;
    const isTopic = store.get("topics")?.some(({ path }) => path === this.#path) ?? false;
    const source =
      store.get("streams")?.find(({ path }) => path === this.#path) ??
      store.get("topics")?.find(({ path }) => path === this.#path);
    if (!source) return;
    const status = store.get("status");
    this.#snippets = clientSnippets(streamAddress(status, this.#path), { ...source, isTopic });
    const chosen = this.#snippets.find(({ name }) => name === this.#kind) ?? this.#snippets[0];
    this.#drawKinds(chosen);
    this.dataset.kind = chosen.name;
    setText(part(this, "code"), chosen.text);
    const note = status?.phase === "running" ? "" : "These lines work once the server runs.";
    setText(part(this, ".note"), note);
  }

  /** @param {Snippet} chosen */
  #drawKinds(chosen) {
    const kinds = part(this, ".kinds");
    const names = this.#snippets.map(({ name }) => name).join();
    if (kinds.dataset.names !== names) {
      kinds.dataset.names = names;
      kinds.replaceChildren(...this.#snippets.map(newKind));
    }
    for (const kind of /** @type {NodeListOf<HTMLElement>} */ (kinds.querySelectorAll("button"))) {
      const isChosen = kind.dataset.kind === chosen.name;
      kind.ariaSelected = String(isChosen);
      kind.tabIndex = isChosen ? 0 : -1;
    }
  }
}

/** @param {Snippet} snippet */
function newKind({ name, label }) {
  const kind = document.createElement("button");
  kind.type = "button";
  kind.role = "tab";
  kind.dataset.kind = name;
  kind.textContent = label;
  return kind;
}

customElements.define("client-lines", ClientLines);
