/**
 * Draws the request of a wire: its line, its header fields and its body, as the client sent them. A
 * secret is hidden until it is pressed; then the server is asked for it. Secrets are kept only
 * while one of them is shown.
 *
 * @import { Hideable, ReceivedView, RequestView, RowView } from "../server.js"
 * @import { Host } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { copyOnClick } from "../parts/copy-button.js";
import { markup, part, setText } from "../parts/dom.js";
import { errorMessage } from "../parts/error-message.js";
import { textNodes, textSpan } from "../bytes/lines.js";
import {
  curlCommand,
  hiddenWords,
  isHidden,
  readable,
  withShown,
} from "./request-text.js";
import { bodyWords, legWords, noRequestWords, requestSummary } from "./wire-words.js";

/** What a client resumes with, and who it is: these fields decide how it is answered. */
const EMPHASISED = new Set(["last-event-id", "origin"]);

const newRequest = markup(`
  <div class="bar">
    <button type="button" class="plain small fold" aria-expanded="false"
      title="Show or hide the request">Request</button>
    <span class="heading">Request</span>
    <span class="summary"></span>
    <button type="button" class="small" data-act="copy-curl"
      title="Copy the request as a curl command; hidden secrets become variables">Copy as
      curl</button>
  </div>
  <div class="asked" role="region" tabindex="0">
    <pre data-exact></pre>
    <p class="note" hidden></p>
  </div>`);

export class WireRequest {
  #element;
  #host;
  /** @type {(words: string) => void} */
  #report;
  /** @type {RequestView | null} */
  #view = null;
  /** The request with all its secrets, while one of them is shown. @type {ReceivedView | null} */
  #whole = null;
  /** @type {Set<string>} */
  #shown = new Set();
  /** A person opened or closed it: until then it is open if there is nothing else to see. */
  #chosen = false;

  /**
   * @param {HTMLElement} element
   * @param {Host} host
   * @param {(words: string) => void} report says what failed
   */
  constructor(element, host, report) {
    this.#element = element;
    this.#host = host;
    this.#report = report;
    element.append(newRequest());
    copyOnClick(part(element, "[data-act=copy-curl]"), host, () => {
      const request = this.received;
      return request ? curlCommand(request) : "";
    });
    part(element, ".fold").addEventListener("click", () => {
      this.#chosen = true;
      this.#fold(!element.hasAttribute("data-folded"));
    });
    part(element, "pre").addEventListener("click", ({ target }) => {
      const key = target instanceof HTMLElement ? target.dataset.secret : undefined;
      if (key !== undefined) this.#press(key);
    });
  }

  /** The request as it is shown; null if there is none. */
  get received() {
    const request = this.#view?.request;
    return request ? withShown(request, this.#whole, this.#shown) : null;
  }

  /** Forgets the request of the connection before. */
  clear() {
    this.#view = null;
    this.#chosen = false;
    this.#forget();
    part(this.#element, "pre").replaceChildren();
  }

  /**
   * @param {RequestView | null} view null before the server has answered
   * @param {RowView} row
   * @param {boolean} alone there is no response to see
   */
  draw(view, row, alone) {
    const element = this.#element;
    if (!this.#chosen) this.#fold(!alone);
    part(element, ".asked").ariaLabel = `Request of connection ${row.id}`;
    /** @type {HTMLButtonElement} */ (part(element, "[data-act=copy-curl]")).disabled =
      !view?.request;
    setText(part(element, ".summary"), view?.request ? requestSummary(view.request) : "");
    if (view === this.#view) return;
    this.#view = view;
    this.#drawRequest();
  }

  #forget() {
    this.#whole = null;
    this.#shown.clear();
  }

  /** @param {boolean} folded only a narrow view folds it */
  #fold(folded) {
    this.#element.toggleAttribute("data-folded", folded);
    part(this.#element, ".fold").ariaExpanded = String(!folded);
  }

  #drawRequest() {
    const pre = part(this.#element, "pre");
    const note = part(this.#element, ".note");
    const request = this.received;
    pre.replaceChildren(...(request ? requestNodes(request) : []));
    const words = request ? bodyWords(request) : noRequestWords(this.#view);
    setText(note, [legWords(this.#view?.upstream), words].filter(Boolean).join(" "));
    note.hidden = note.textContent === "";
  }

  /** @param {string} key */
  async #press(key) {
    const view = this.#view;
    if (!view) return;
    if (this.#shown.has(key)) {
      this.#shown.delete(key);
      if (this.#shown.size === 0) this.#forget();
    } else {
      try {
        const whole = this.#whole ?? (await this.#host.request(view.id, true))?.request ?? null;
        // another connection may be shown by now
        if (this.#view !== view) return;
        if (!whole) throw new Error("The request is no longer kept.");
        this.#whole = whole;
        this.#shown.add(key);
        announce("Secret shown");
      } catch (reason) {
        this.#report(errorMessage(reason));
        return;
      }
    }
    this.#drawRequest();
    /** @type {HTMLElement | null} */ (
      this.#element.querySelector(`button[data-secret="${key}"]`)
    )?.focus({ preventScroll: true });
  }
}

/**
 * @param {ReceivedView} request
 * @returns {(Node | string)[]}
 */
function requestNodes(request) {
  const { method, target, version, end, fields, body } = request;
  const nodes = [
    newLine("first", [
      ...textNodes(`${method} `),
      ...target.flatMap((part, index) => hideableNodes(part, `target ${index}`, "value")),
      ...textNodes(version === "" ? "" : ` ${version}`),
      textSpan("end", end),
    ]),
    ...fields.map((field, index) => {
      const name = readable(field.name);
      const line = newLine("field", [
        ...(name === "" ? [] : [textSpan("name", field.name), ": "]),
        ...hideableNodes(field, `field ${index}`, "value"),
        textSpan("end", field.end),
      ]);
      line.toggleAttribute("data-emphasis", EMPHASISED.has(name.toLowerCase()));
      return line;
    }),
  ];
  if (body !== null && body !== "") {
    nodes.push(newLine("blank", [textSpan("end", end)]), textSpan("body", body));
  }
  return nodes;
}

/**
 * @param {string} className
 * @param {(Node | string)[]} parts
 */
function newLine(className, parts) {
  const line = document.createElement("span");
  line.className = `line ${className}`;
  line.append(...parts);
  return line;
}

/**
 * A text, or the button that shows it; beside a shown secret, the button that hides it.
 *
 * @param {Hideable} text
 * @param {string} key
 * @param {string} className
 * @returns {Node[]}
 */
function hideableNodes(text, key, className) {
  const value = text.value === null ? [] : [textSpan(className, text.value)];
  if (!text.secret) return value;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secret";
  button.dataset.secret = key;
  button.textContent = isHidden(text) ? hiddenWords(text) : "hide";
  button.title = isHidden(text) ? "Show this secret" : "Hide this secret again";
  return [...value, button];
}
