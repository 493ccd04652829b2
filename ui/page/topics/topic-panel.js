/**
 * <topic-panel>: a topic that was opened here. It has a stream's panel, and below it the box to
 * publish. It stays until it is closed, whether or not the server has the topic.
 *
 * @import { App } from "../types.js"
 */

import { PublishBox } from "./publish-box.js";
import { CLOSED, TOPIC_ENDED } from "../parts/words.js";
import { StreamPanel } from "../panel/stream-panel.js";
import { endingWords } from "./topic-words.js";
import { errorMessage } from "../parts/error-message.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { topicFeed } from "./topic-feed.js";

const newActs = markup(`
  <button type="button" class="tool" data-act="end" title="End the topic (Delete)"
    >${icon("end")}</button>
  <button type="button" class="tool" data-act="close">${icon("close")}</button>`);

const newQuestion = markup(`
  <div class="question" role="group" aria-label="End the topic" hidden>
    <p class="words" role="status"></p>
    <button type="button" class="small" data-act="keep">Keep it</button>
    <button type="button" class="small" data-act="end-it">End it</button>
  </div>`);

export class TopicPanel extends HTMLElement {
  #app;
  #name;
  #panel;
  #box;
  #acts;
  #removed = new AbortController();
  onclose = () => {};
  /** Called when the state of its stream may have changed. */
  onstanding = () => {};

  /**
   * @param {App} app
   * @param {string} name
   * @param {HTMLElement[]} [acts] buttons beside its switch
   */
  constructor(app, name, acts = []) {
    super();
    this.#app = app;
    this.#name = name;
    this.#acts = /** @type {HTMLElement[]} */ ([...newActs().children]);
    const [end, close] = this.#acts;
    end.ariaLabel = `End topic ${name}`;
    close.ariaLabel = `Close topic ${name}`;
    close.title = "Close";
    end.addEventListener("click", () => this.askToEnd());
    close.addEventListener("click", () => this.onclose());
    this.#panel = new StreamPanel(app, this.#feed, [...acts, ...this.#acts]);
    this.#box = new PublishBox(app, name);
    this.#panel.onstanding = () => {
      this.#box.isNext = this.#panel.standing.state === "open";
      this.onstanding();
    };
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#panel, newQuestion(), this.#box);
    part(this, "[data-act=keep]").addEventListener("click", () => this.#keep());
    part(this, "[data-act=end-it]").addEventListener("click", () => this.#end());
    this.#question.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#keep();
    });
    this.#app.store.on("topics", () => this.#update(), this.#removed.signal);
    this.#panel.start();
  }

  /** What arrives on it. */
  get panel() {
    return this.#panel;
  }

  get #question() {
    return part(this, ".question");
  }

  get #topic() {
    return this.#app.store.get("topics")?.find(({ name }) => name === this.#name);
  }

  get #feed() {
    return topicFeed(this.#name, this.#topic);
  }

  /** To the box: publishing needs the focus, watching does not. */
  focus() {
    this.#box.focus();
  }

  /** Closes the connection; the panel can be connected again. */
  close() {
    this.#panel.close();
  }

  discard() {
    this.#removed.abort();
    this.#panel.discard(CLOSED);
    this.remove();
  }

  /** Asks before the topic is ended; it does nothing where the server has none. */
  askToEnd() {
    if (!this.#topic) return;
    this.#question.hidden = false;
    this.#ask();
    part(this, "[data-act=keep]").focus();
  }

  #update() {
    this.#panel.update(this.#feed);
    const topic = this.#topic;
    this.#acts[0].ariaDisabled = topic ? null : "true";
    if (!topic) this.#question.hidden = true;
    this.#ask();
  }

  #ask() {
    const topic = this.#topic;
    if (topic) setText(part(this.#question, ".words"), endingWords(topic));
  }

  #keep() {
    this.#question.hidden = true;
    this.#acts[0].focus();
  }

  async #end() {
    // a client that came back would begin the topic anew
    this.#panel.close(TOPIC_ENDED);
    try {
      await this.#app.host.endTopic(this.#name);
      this.#keep();
    } catch (reason) {
      setText(part(this.#question, ".words"), errorMessage(reason));
    }
  }
}

customElements.define("topic-panel", TopicPanel);
