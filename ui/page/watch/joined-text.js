/**
 * <joined-text>: what the events of a watched stream mean together: the text of a model, its tool
 * calls, and whether all of it came.
 *
 * @import { JoinedPart, JoinedView } from "../server.js"
 * @import { App } from "../types.js"
 */

import { copyOnClick } from "../parts/copy-button.js";
import { markup, part, setText } from "../parts/dom.js";
import { several } from "../parts/format.js";

const newJoined = markup(`
  <div class="tools"><span class="dialect meta"></span>
    <button type="button" class="small" data-act="copy-text">Copy text</button></div>
  <div class="scroller" tabindex="0" role="region" aria-label="The joined text">
    <p class="empty quiet"></p>
    <div class="parts"></div>
    <p class="verdict"></p>
    <ul class="notes"></ul>
  </div>`);

const newPart = markup(`<section><h3 class="meta"></h3><pre></pre><p class="quiet meta"></p
  ></section>`);

export class JoinedText extends HTMLElement {
  /** @type {JoinedView | null} */
  #view = null;

  /** @param {App} app */
  connect(app) {
    this.append(newJoined());
    copyOnClick(part(this, "[data-act=copy-text]"), app.host, () =>
      (this.#view?.parts ?? [])
        .filter(({ kind }) => kind === "text")
        .map(({ text }) => text)
        .join("\n"),
    );
  }

  /** Forgets the watch before. */
  clear() {
    this.show({ run: 0, dialect: null, parts: [], verdict: null, whole: true, notes: [] }, false);
  }

  /**
   * @param {JoinedView} view
   * @param {boolean} isAny whether anything is or was watched
   */
  show(view, isAny) {
    this.#view = view;
    const scroller = part(this, ".scroller");
    const follows = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 8;
    setText(part(this, ".dialect"), view.dialect ?? "");
    setText(
      part(this, ".empty"),
      view.parts.length > 0 || !isAny
        ? ""
        : view.dialect === null
          ? "No dialect is recognised, so the events are not joined: the list has each of them."
          : "No text has come yet.",
    );
    const parts = part(this, ".parts");
    while (parts.children.length > view.parts.length) parts.lastElementChild?.remove();
    while (parts.children.length < view.parts.length) parts.append(newPart());
    view.parts.forEach((it, index) => drawPart(parts.children[index], it));
    const verdict = part(this, ".verdict");
    setText(verdict, view.verdict ?? "");
    verdict.toggleAttribute("data-bad", !view.whole);
    part(this, ".notes").replaceChildren(
      ...view.notes.map((note) =>
        Object.assign(document.createElement("li"), { textContent: note }),
      ),
    );
    if (follows) scroller.scrollTop = scroller.scrollHeight;
  }
}

/**
 * Writes a text that goes on: what is selected in it stays.
 *
 * @param {Element} element
 * @param {string} text
 */
function grow(element, text) {
  const { firstChild } = element;
  const had = element.textContent ?? "";
  if (firstChild instanceof Text && had !== "" && text.startsWith(had)) {
    if (text.length > had.length) firstChild.appendData(text.slice(had.length));
  } else {
    setText(element, text);
  }
}

/**
 * @param {Element} section
 * @param {JoinedPart} it
 */
function drawPart(section, { kind, place, name, text, left_out: leftOut }) {
  /** @type {HTMLElement} */ (section).dataset.kind = kind;
  const what = kind === "tool" ? `tool ${name}` : kind;
  setText(part(section, "h3"), [what, place].filter(Boolean).join(", "));
  grow(part(section, "pre"), text);
  setText(part(section, "p"), leftOut > 0 ? `${several(leftOut, "byte")} more are not kept.` : "");
}

customElements.define("joined-text", JoinedText);
