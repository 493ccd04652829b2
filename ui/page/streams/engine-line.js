/**
 * <engine-line>: the engine that keeps the topics of several nodes, below the heading of the
 * topics. There is none where each server keeps its own. It also says why the list may be empty.
 *
 * @import { EngineView } from "../server.js"
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { NONE_READ_HERE, engineFacts, engineLine, engineProblems } from "./engine-words.js";
import { markup, part, setText } from "../parts/dom.js";

const newLine = markup(`
  <details>
    <summary class="line"><span class="shape" aria-hidden="true"></span
      ><span class="words"></span></summary>
    <dl class="meta"></dl>
  </details>
  <ul class="problems meta" hidden></ul>`);

/** The shapes of streams, which mean the same here. */
const SHAPES = { connecting: "connecting", there: "open", lost: "lost" };

export class EngineLine extends HTMLElement {
  /** @type {EngineView["state"] | null} */
  #state = null;

  /**
   * @param {App} app
   * @param {HTMLElement} none what is said where the list is empty
   */
  connect({ store }, none) {
    this.hidden = true;
    this.append(newLine());
    store.on("engine", (engine) => {
      this.#show(engine);
      if (engine) setText(none, NONE_READ_HERE);
    });
  }

  /** @param {EngineView | null} engine */
  #show(engine) {
    this.hidden = engine === null;
    if (!engine) return;
    const words = engineLine(engine);
    part(this, "details").dataset.state = SHAPES[engine.state];
    setText(part(this, ".words"), words);
    const list = part(this, "dl");
    const facts = engineFacts(engine).map(([name, value]) => {
      const [term, fact] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      fact.textContent = value;
      const pair = document.createElement("div");
      pair.append(term, fact);
      return pair;
    });
    list.replaceChildren(...facts);
    const problems = part(this, ".problems");
    const told = engineProblems(engine);
    problems.hidden = told.length === 0;
    problems.replaceChildren(
      ...told.map((sentence) => {
        const item = document.createElement("li");
        item.textContent = sentence;
        return item;
      }),
    );
    if (this.#state !== null && this.#state !== engine.state) announce(words);
    this.#state = engine.state;
  }
}

customElements.define("engine-line", EngineLine);
