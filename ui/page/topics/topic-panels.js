/**
 * <topic-panels>: the list of the server's topics, and a panel for each topic that was opened here.
 * The list comes first and keeps its height, so that nothing moves when a topic is created.
 *
 * @import { App } from "../types.js"
 */

import { TopicList } from "./topic-list.js";
import { TopicPanel } from "./topic-panel.js";

export class TopicPanels extends HTMLElement {
  /** @type {Map<string, TopicPanel>} */
  #panels = new Map();
  /** @type {TopicList | null} */
  #list = null;

  /** @param {App} app */
  connect(app) {
    const list = new TopicList(app);
    list.onopen = (name) => this.#open(app, name);
    this.#list = list;
    this.append(list);
    this.#updateList();
  }

  /** Closes all connections. */
  close() {
    for (const panel of this.#panels.values()) panel.close();
  }

  /**
   * @param {App} app
   * @param {string} name
   */
  #open(app, name) {
    const panel = this.#panels.get(name) ?? this.#add(app, name);
    panel.scrollIntoView({ block: "nearest" });
    panel.focus();
  }

  /**
   * @param {App} app
   * @param {string} name
   */
  #add(app, name) {
    const panel = new TopicPanel(app, name);
    panel.onclose = () => {
      this.#panels.delete(name);
      panel.discard();
      this.#updateList();
      this.#list?.focus();
    };
    this.#panels.set(name, panel);
    this.append(panel);
    this.#updateList();
    return panel;
  }

  #updateList() {
    // not by :only-child: WebKit keeps the width of a list that was alone
    this.toggleAttribute("data-alone", this.#panels.size === 0);
    if (this.#list) this.#list.opened = new Set(this.#panels.keys());
  }
}

customElements.define("topic-panels", TopicPanels);
