/**
 * <break-bar>: breaks what is open of one connection, or of one stream, now; and heals that again.
 * What was done is in the server's list of faults, and nowhere else.
 *
 * @import { App, BreakTarget } from "../types.js"
 */

import { TestMenu } from "../parts/test-menu.js";
import { ACTS, canBeNamed, stepWords } from "./break-words.js";
import { errorMessage } from "../parts/error-message.js";
import { markup, part, setText } from "../parts/dom.js";

const newBar = markup(`
  <button type="button" class="small primary" data-act="step" hidden
    title="Send the next event of the recording">Step</button>
  ${ACTS.map(
    ([fault, label, what]) => `<button type="button" class="small" data-do="${fault}"
    title="${label}: ${what}">${label}</button>`,
  ).join("")}
  <button type="button" class="small" data-act="refuse-next"
    title="Answer the next request with 503">Next: 503</button>
  <input type="text" name="break" placeholder="any fault" aria-label="Any fault, done with Enter"
    title="Any fault that strikes an open stream (Enter)" maxlength="1000" autocomplete="off"
    autocapitalize="off" spellcheck="false">
  <button type="button" class="small" data-act="heal">Heal</button>
  <test-menu></test-menu>
  <span class="told" role="status"></span>`);

export class BreakBar extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {BreakTarget | null} */
  #target = null;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.role = "group";
    this.ariaLabel = "Break";
    this.append(newBar());
    for (const button of this.#acts) {
      button.addEventListener("click", () => this.#strike(button.dataset.do ?? ""));
    }
    this.#button("step").addEventListener("click", () => this.#step());
    this.#button("refuse-next").addEventListener("click", () => this.#refuseNext());
    this.#button("heal").addEventListener("click", () => this.#heal());
    this.#input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" && this.#input.value.trim() !== "") {
        this.#strike(this.#input.value.trim());
      } else if (event.key === "Escape" && this.#input.value !== "") {
        this.#input.value = "";
      } else {
        return;
      }
      event.preventDefault();
    });
    this.#tests.connect(app, () => this.#target && app.deeds.done(this.#target));
    app.store.on("faults", () => this.#draw());
  }

  /** @param {BreakTarget} target */
  show(target) {
    if (this.#target?.name !== target.name) this.#tell("");
    this.#target = target;
    this.#draw();
  }

  get #acts() {
    return /** @type {HTMLButtonElement[]} */ ([...this.querySelectorAll("[data-do]")]);
  }

  get #tests() {
    return /** @type {TestMenu} */ (part(this, "test-menu"));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (part(this, "input"));
  }

  /** @param {string} act */
  #button(act) {
    return /** @type {HTMLButtonElement} */ (part(this, `[data-act=${act}]`));
  }

  #draw() {
    const target = this.#target;
    if (!target) return;
    // not `disabled`: a press that ends a connection must not take the focus away
    for (const button of this.#acts) button.ariaDisabled = target.isOpen ? null : "true";
    const steps = target.steps ?? [];
    const step = this.#button("step");
    // while it has the focus it stays, so that the next key does not go astray
    step.hidden = steps.length === 0 && document.activeElement !== step;
    step.ariaDisabled = steps.length > 0 ? null : "true";
    setText(step, stepWords(steps));
    this.#tests.show(this.#deeds.done(target) !== null);
    this.#button("refuse-next").ariaDisabled = canBeNamed(target) ? null : "true";
    const armed = this.#deeds.armed(target).length;
    this.#button("heal").ariaDisabled = armed > 0 ? null : "true";
    this.#button("heal").title = armed > 0 ? "Undo what is armed here" : "Nothing is armed here";
  }

  get #deeds() {
    return /** @type {App} */ (this.#app).deeds;
  }

  /** @param {string} fault */
  #strike(fault) {
    this.#try((target) => this.#deeds.strike(target, fault));
  }

  async #step() {
    const target = this.#target;
    if (!target?.steps?.length) return;
    try {
      await this.#deeds.step(target);
      this.#tell("");
    } catch (reason) {
      this.#tell(errorMessage(reason), true);
    }
  }

  #refuseNext() {
    if (this.#button("refuse-next").ariaDisabled) return;
    this.#try((target) => this.#deeds.answerNext(target, "status=503"));
  }

  /** @param {(target: BreakTarget) => Promise<number[]>} act */
  async #try(act) {
    const target = this.#target;
    if (!target) return;
    try {
      const ids = await act(target);
      this.#tell(ids.map((id) => `fault ${id}`).join(", "));
    } catch (reason) {
      this.#tell(errorMessage(reason), true);
    }
    this.#draw();
  }

  async #heal() {
    const target = this.#target;
    if (!target || this.#deeds.armed(target).length === 0) return;
    try {
      await this.#deeds.undo(target);
      this.#tell("healed");
    } catch (reason) {
      this.#tell(errorMessage(reason), true);
    }
  }

  /**
   * @param {string} words
   * @param {boolean} [isProblem]
   */
  #tell(words, isProblem = false) {
    const told = part(this, ".told");
    setText(told, words);
    told.title = words;
    told.toggleAttribute("data-problem", isProblem);
  }
}

customElements.define("break-bar", BreakBar);
