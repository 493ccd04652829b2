/**
 * <publish-box>: publishes to one topic, and shows the result. The text stays, so that the same
 * event can be sent again.
 *
 * @import { Action } from "../server.js"
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { ariaShortcut, onMac, withAccelerator } from "../parts/keys.js";
import { markup, part } from "../parts/dom.js";
import { publishedWords } from "./topic-words.js";
import { errorMessage } from "../parts/error-message.js";

/** @type {Action} */
const PUBLISH = { id: "publish", label: "Publish", accelerator: "CmdOrCtrl+Enter", enabled: true };

const newForm = markup(`
  <form novalidate>
    <textarea name="data" rows="1" placeholder="event data" spellcheck="false"></textarea>
    <button type="submit">Publish</button>
    <label><span class="quiet">event</span
      ><input name="event" placeholder="message" autocomplete="off" spellcheck="false"></label>
    <p class="answer"></p>
  </form>`);

export class PublishBox extends HTMLElement {
  #app;
  #topic;
  /** One at a time: events arrive in the order in which they were published. */
  #underWay = false;

  /**
   * @param {App} app
   * @param {string} topic
   */
  constructor(app, topic) {
    super();
    this.#app = app;
    this.#topic = topic;
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.append(newForm());
    const form = part(this, "form");
    const button = part(this, "button");
    const shortcut = ariaShortcut(PUBLISH, onMac());
    this.#data.ariaLabel = `Data of an event for topic ${this.#topic}`;
    this.#event.ariaLabel = `Name of the event for topic ${this.#topic}`;
    button.ariaLabel = `Publish to topic ${this.#topic}`;
    button.title = withAccelerator("Publish", PUBLISH, onMac());
    if (shortcut) this.#data.setAttribute("aria-keyshortcuts", shortcut);
    this.#data.addEventListener("input", () => this.#grow());
    // the error is being corrected
    form.addEventListener("input", () => {
      if (this.hasAttribute("data-failed")) this.#answer("", false);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      if (!event.repeat) this.#publish();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#publish();
    });
  }

  focus() {
    this.#data.focus();
  }

  get #data() {
    return /** @type {HTMLTextAreaElement} */ (part(this, "textarea"));
  }

  get #event() {
    return /** @type {HTMLInputElement} */ (part(this, "input"));
  }

  /** As high as its text; the style sheet sets the maximum. */
  #grow() {
    const { style } = this.#data;
    style.blockSize = "";
    const { scrollHeight, clientHeight, offsetHeight } = this.#data;
    if (scrollHeight > clientHeight) {
      style.blockSize = `${scrollHeight + offsetHeight - clientHeight}px`;
    }
  }

  async #publish() {
    if (this.#underWay) return;
    this.#underWay = true;
    const event = this.#event.value;
    try {
      this.#report(
        publishedWords(
          await this.#app.host.publish(this.#topic, { data: this.#data.value, event }),
        ),
        false,
      );
    } catch (reason) {
      this.#report(errorMessage(reason), true);
    } finally {
      this.#underWay = false;
    }
  }

  /**
   * @param {string} words
   * @param {boolean} failed
   */
  #report(words, failed) {
    this.#answer(words, failed);
    announce(words);
  }

  /**
   * @param {string} words
   * @param {boolean} failed
   */
  #answer(words, failed) {
    const answer = part(this, ".answer");
    answer.textContent = words;
    answer.title = words;
    this.toggleAttribute("data-failed", failed);
  }
}

customElements.define("publish-box", PublishBox);
