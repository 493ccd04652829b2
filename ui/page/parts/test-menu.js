/**
 * <test-menu>: copies what was done by hand as a test. Its button says "copied" for a second.
 *
 * @import { Deed } from "./as-test.js"
 * @import { App } from "../types.js"
 */

import { DropMenu } from "./drop-menu.js";
import { KINDS, asTest } from "./as-test.js";
import { announce } from "./announce.js";
import { errorMessage } from "./error-message.js";
import { setText } from "./dom.js";

const WORDS = "As test";
const SHOWN_FOR_MS = 1000;

export class TestMenu extends HTMLElement {
  #menu = new DropMenu();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {App} app
   * @param {() => Deed | null} deed what was done, at the click; null while there is nothing
   */
  connect({ host, store }, deed) {
    this.append(this.#menu);
    const label = "Copy what was done as a test";
    this.#menu.connect({ label, words: WORDS }, async (kind) => {
      const done = deed();
      if (!done) return;
      const status = store.get("status");
      const server = status?.url ?? `http://localhost:${status?.port ?? 8000}`;
      try {
        await host.copy(asTest(kind, done, server));
        this.#answer("copied", label);
      } catch (reason) {
        this.#answer("failed", errorMessage(reason));
      }
    });
    this.#menu.button.classList.add("copies");
    this.show(false);
  }

  /** @param {boolean} isThere whether something was done that can be copied */
  show(isThere) {
    this.#menu.show(isThere ? KINDS : []);
    this.#menu.button.ariaDisabled = isThere ? null : "true";
  }

  /**
   * @param {string} words
   * @param {string} title
   */
  #answer(words, title) {
    const { button } = this.#menu;
    clearTimeout(this.#timer);
    setText(button, words);
    button.title = title;
    announce(words);
    this.#timer = setTimeout(() => setText(button, WORDS), SHOWN_FOR_MS);
  }
}

customElements.define("test-menu", TestMenu);
