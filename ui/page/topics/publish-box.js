/**
 * <publish-box>: publishes to one topic, and shows the result. The text stays and is selected:
 * Enter sends the same event again, and what is typed next takes its place.
 *
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { markup, part } from "../parts/dom.js";
import { publishedWords } from "./topic-words.js";
import { errorMessage } from "../parts/error-message.js";

const newForm = markup(`
  <form novalidate>
    <textarea name="data" rows="1" placeholder="Event data" aria-keyshortcuts="Enter"
      title="Enter publishes, Shift+Enter makes a new line" spellcheck="false"></textarea>
    <input name="event" placeholder="event name"
      title="The name of the event; message without one" autocomplete="off" spellcheck="false">
    <button type="submit" title="Publish (Enter)">Publish</button>
    <p class="answer meta"></p>
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
    this.#data.ariaLabel = `Data of an event for topic ${this.#topic}`;
    this.#event.ariaLabel = `Name of the event for topic ${this.#topic}`;
    button.ariaLabel = `Publish to topic ${this.#topic}`;
    this.#data.addEventListener("input", () => this.#grow());
    // the error is being corrected
    form.addEventListener("input", () => {
      if (this.hasAttribute("data-failed")) this.#answer("", false);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return;
      event.preventDefault();
      if (!event.repeat) this.#publish();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#data.focus();
      this.#publish();
    });
  }

  /** Whether to publish is the next step, and not to connect. @param {boolean} isNext */
  set isNext(isNext) {
    this.querySelector("button")?.classList.toggle("primary", isNext);
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
      // what is typed next is another event
      if (document.activeElement === this.#data) this.#data.select();
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
