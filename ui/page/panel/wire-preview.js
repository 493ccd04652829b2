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
import { icon } from "../parts/icons.js";
import { linesNodes } from "../bytes/lines.js";
import { markup, part, setText } from "../parts/dom.js";
import { errorMessage } from "../parts/error-message.js";

const newPreview = markup(`
  <div class="scroller" role="region" tabindex="0"><pre data-exact></pre></div>
  <p class="problem" hidden><span class="shape" aria-hidden="true"></span
    ><span class="words"></span></p>
  <p class="foot"><span class="more meta"></span
    ><button type="button" class="tool" data-act="copy-bytes" title="Copy the bytes"
      >${icon("copy")}</button></p>`);

export class WirePreview extends HTMLElement {
  #app;
  /**
   * The path of the stream that is shown; null while none is.
   * @type {string | null}
   */
  #path = null;
  /** What is drawn, to compare with the next answer. */
  #shown = "";
  /** The number of the newest request: the answers of earlier ones are late. */
  #asked = 0;
  #failed = false;

  /** @param {App} app */
  constructor(app) {
    super();
    this.#app = app;
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.append(newPreview());
    this.addEventListener("copy", copyExactly);
    copyOnClick(
      part(this, "[data-act=copy-bytes]"),
      this.#app.host,
      () => part(this, "pre").textContent ?? "",
    );
    // in a browser, the request may have failed while the server did not answer
    this.#app.store.on("unreachable", (why) => {
      if (this.#failed && why === null) this.refresh();
    });
  }

  /**
   * Shows the bytes of a stream, or of none.
   *
   * @param {string | null} path
   * @param {string} label of the stream
   */
  show(path, label) {
    if (path === this.#path) return;
    this.#path = path;
    this.#asked += 1;
    part(this, ".scroller").ariaLabel = `Bytes that ${label} would send`;
    part(this, "[data-act=copy-bytes]").ariaLabel = `Copy the bytes of ${label}`;
    this.refresh();
  }

  /** Requests it again, if it is shown, because the stream may send other bytes now. */
  refresh() {
    if (this.#path !== null) this.#load(this.#path);
  }

  /** @param {string} path */
  async #load(path) {
    this.#asked += 1;
    const asked = this.#asked;
    this.ariaBusy = "true";
    let problem = "";
    /** @type {Preview | null} */
    let preview = null;
    try {
      preview = await this.#app.host.preview(path);
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
    const rest = preview.more ? "more" : "nothing";
    setText(part(this, ".more"), `What a new client gets: ${rest} follows`);
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
