/**
 * <break-menu>: the acts on one connection, or on one client of a stream, as a list at the place of
 * a press. What came of an act stands there until the next press.
 *
 * @import { App, BreakTarget } from "../types.js"
 */

import { DropMenu } from "../parts/drop-menu.js";
import { menuActs } from "./break-words.js";
import { errorMessage } from "../parts/error-message.js";
import { setText } from "../parts/dom.js";

/** What was done is read at once; what went wrong stays until a press. */
const TOLD_MS = 2000;

export class BreakMenu extends HTMLElement {
  #menu = new DropMenu();
  #told = document.createElement("p");
  /** @type {App | null} */
  #app = null;
  /** @type {BreakTarget | null} */
  #target = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.#told.className = "told";
    this.#told.role = "status";
    this.append(this.#menu, this.#told);
    this.#menu.connect({ label: "Break" }, (id) => this.#act(id));
    this.#menu.button.hidden = true;
    document.addEventListener("pointerdown", () => this.#tell(""));
  }

  /**
   * @param {BreakTarget} target
   * @param {{ x: number, y: number }} place in the window
   * @param {HTMLElement} from what gets the focus back
   */
  open(target, { x, y }, from) {
    const { deeds } = /** @type {App} */ (this.#app);
    this.#target = target;
    this.#tell("");
    this.#menu.show(menuActs(target, deeds.armed(target)));
    this.style.insetInlineStart = `${x}px`;
    this.style.insetBlockStart = `${y}px`;
    const { width, height } = this.#menu.openFor(from);
    // not over the edges of the window
    this.style.insetInlineStart = `${Math.max(4, Math.min(x, innerWidth - width - 8))}px`;
    this.style.insetBlockStart = `${Math.max(4, Math.min(y, innerHeight - height - 8))}px`;
  }

  /**
   * Undoes what is armed because of a target.
   *
   * @param {BreakTarget} target
   * @param {{ x: number, y: number }} place
   */
  undo(target, { x, y }) {
    this.#target = target;
    this.style.insetInlineStart = `${x}px`;
    this.style.insetBlockStart = `${y}px`;
    return this.#act("undo");
  }

  /** @param {string} id */
  async #act(id) {
    const { deeds, showFaults } = /** @type {App} */ (this.#app);
    const target = /** @type {BreakTarget} */ (this.#target);
    const [kind, fault] = [id.slice(0, id.indexOf(" ")), id.slice(id.indexOf(" ") + 1)];
    if (id === "other") {
      showFaults();
      return;
    }
    try {
      if (id === "undo") {
        await deeds.undo(target);
        this.#tell("healed");
        return;
      }
      const act = kind === "now" ? deeds.strike(target, fault) : deeds.answerNext(target, fault);
      this.#tell((await act).map((number) => `fault ${number}`).join(", "));
    } catch (reason) {
      this.#tell(errorMessage(reason), true);
    }
  }

  /**
   * @param {string} words
   * @param {boolean} [isProblem]
   */
  #tell(words, isProblem = false) {
    clearTimeout(this.#timer);
    setText(this.#told, words);
    this.#told.toggleAttribute("data-problem", isProblem);
    if (words !== "" && !isProblem) this.#timer = setTimeout(() => this.#tell(""), TOLD_MS);
  }
}

customElements.define("break-menu", BreakMenu);
