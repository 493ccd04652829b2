/**
 * <wire-preview>: what a stream would send, byte for byte: the head and the first events. The
 * server generates them for the preview. It opens no connection.
 *
 * @import { Preview, WireLine } from "../server.js"
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { copyOnClick } from "../parts/copy-button.js";
import { copyExactly } from "../parts/exact-copy.js";
import { gap } from "../parts/format.js";
import { linesNodes } from "../bytes/lines.js";
import { markup, part, setText } from "../parts/dom.js";
import { errorMessage } from "../parts/error-message.js";

const newToggle = markup(
  `<button type="button" class="plain" data-act="bytes" aria-expanded="false">Bytes</button>`,
);

const newPreview = markup(`
  <div class="scroller" role="region" tabindex="0"><pre data-exact></pre></div>
  <p class="problem" hidden><span class="shape" aria-hidden="true"></span
    ><span class="words"></span></p>
  <p class="foot"><span class="more"></span
    ><button type="button" class="plain small" data-act="copy-bytes">Copy</button></p>`);

let previews = 0;

export class WirePreview extends HTMLElement {
  #app;
  #path;
  #toggle = part(newToggle(), "button");
  /** What is drawn, to compare with the next answer. */
  #shown = "";
  /** The number of the newest request: the answers of earlier ones are late. */
  #asked = 0;
  #failed = false;
  #removed = new AbortController();

  /**
   * @param {App} app
   * @param {string} path of the stream
   */
  constructor(app, path) {
    super();
    this.#app = app;
    this.#path = path;
    this.hidden = true;
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.append(newPreview());
    previews += 1;
    this.id = `preview-${previews}`;
    this.#toggle.setAttribute("aria-controls", this.id);
    this.#toggle.addEventListener("click", () => (this.hidden ? this.#open() : this.#close()));
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#close();
      this.#toggle.focus();
    });
    this.addEventListener("copy", copyExactly);
    copyOnClick(
      part(this, "[data-act=copy-bytes]"),
      this.#app.host,
      () => part(this, "pre").textContent ?? "",
    );
    // in a browser, the request may have failed while the server did not answer
    this.#app.store.on("unreachable", (why) => {
      if (this.#failed && why === null) this.refresh();
    }, this.#removed.signal);
  }

  /** The button that opens and closes it, which is placed elsewhere. */
  get toggle() {
    return this.#toggle;
  }

  /** @param {string} label of the stream */
  set label(label) {
    this.#toggle.ariaLabel = `Bytes of ${label}`;
    part(this, ".scroller").ariaLabel = `Bytes that ${label} would send`;
    part(this, "[data-act=copy-bytes]").ariaLabel = `Copy the bytes of ${label}`;
  }

  /** Requests it again, if it is open, because the stream may send other bytes now. */
  refresh() {
    if (!this.hidden) this.#load();
  }

  discard() {
    this.#asked += 1;
    this.#removed.abort();
  }

  #open() {
    this.hidden = false;
    this.#toggle.ariaExpanded = "true";
    this.#load();
  }

  #close() {
    this.hidden = true;
    this.#toggle.ariaExpanded = "false";
    this.#asked += 1;
  }

  async #load() {
    this.#asked += 1;
    const asked = this.#asked;
    this.ariaBusy = "true";
    let problem = "";
    /** @type {Preview | null} */
    let preview = null;
    try {
      preview = await this.#app.host.preview(this.#path);
    } catch (reason) {
      problem = errorMessage(reason);
    }
    if (asked !== this.#asked) return;
    this.ariaBusy = null;
    this.#failed = preview === null;
    this.#draw(preview);
    part(this, ".problem").hidden = preview !== null;
    setText(part(this, ".problem .words"), problem);
    if (problem !== "") announce(problem);
  }

  /** @param {Preview | null} preview */
  #draw(preview) {
    part(this, ".scroller").hidden = preview === null;
    part(this, ".foot").hidden = preview === null;
    // an equal answer keeps a selection
    const shown = JSON.stringify(preview);
    if (preview === null || shown === this.#shown) return;
    this.#shown = shown;
    const head = newPart("", preview.head_lines);
    const parts = preview.parts.map(({ at_ms, lines }, index) =>
      newPart(gap(at_ms - (preview.parts[index - 1]?.at_ms ?? 0)), lines),
    );
    part(this, "pre").replaceChildren(head, ...parts);
    setText(part(this, ".more"), preview.more ? "more follows" : "nothing follows");
  }
}

/**
 * @param {string} time since the part before
 * @param {WireLine[]} lines
 */
function newPart(time, lines) {
  const element = document.createElement("span");
  element.className = "part";
  element.dataset.time = time;
  element.append(...linesNodes(lines));
  return element;
}

customElements.define("wire-preview", WirePreview);
