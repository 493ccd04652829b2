/**
 * <topic-panel>: a topic that was opened here. It has a stream's panel, and below it the box to
 * publish. It stays until it is closed, whether or not the server has the topic.
 *
 * @import { App } from "../types.js"
 */

import { PublishBox } from "./publish-box.js";
import { CLOSED } from "../parts/words.js";
import { StreamPanel } from "../panel/stream-panel.js";
import { markup, part } from "../parts/dom.js";
import { topicFeed } from "./topic-feed.js";

const newClose = markup(`<button type="button" class="plain" data-act="close">Close</button>`);

export class TopicPanel extends HTMLElement {
  #app;
  #name;
  #panel;
  #box;
  #removed = new AbortController();
  onclose = () => {};

  /**
   * @param {App} app
   * @param {string} name
   */
  constructor(app, name) {
    super();
    this.#app = app;
    this.#name = name;
    const close = part(newClose(), "button");
    close.ariaLabel = `Close topic ${name}`;
    close.addEventListener("click", () => this.onclose());
    this.#panel = new StreamPanel(app, this.#feed, { acts: [close] });
    this.#box = new PublishBox(app, name);
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#panel, this.#box);
    this.#app.store.on("topics", () => this.#panel.update(this.#feed), this.#removed.signal);
    this.#panel.start();
  }

  get #feed() {
    return topicFeed(
      this.#name,
      this.#app.store.get("topics")?.find(({ name }) => name === this.#name),
    );
  }

  /** To the box: publishing needs the focus, watching does not. */
  focus() {
    this.#box.focus();
  }

  /** Closes the connection; the panel can be started again. */
  close() {
    this.#panel.close();
  }

  discard() {
    this.#removed.abort();
    this.#panel.discard(CLOSED);
    this.remove();
  }
}

customElements.define("topic-panel", TopicPanel);
