/**
 * <break-bar>: breaks what is open of one connection, or of one stream, now; and heals that again.
 * What was done is in the server's list of faults, and nowhere else.
 *
 * @import { FaultView } from "../server.js"
 * @import { Deed } from "../parts/as-test.js"
 * @import { App, BreakTarget } from "../types.js"
 */

import { TestMenu } from "../parts/test-menu.js";
import { armedHere, canBeNamed, nextRefused } from "./break-words.js";
import { errorMessage } from "../parts/error-message.js";
import { markup, part, setText } from "../parts/dom.js";

const newBar = markup(`
  <button type="button" class="small" data-do="cut">Cut</button>
  <button type="button" class="small" data-do="cut,half">Cut half</button>
  <button type="button" class="small" data-do="reset">Reset</button>
  <button type="button" class="small" data-do="silence">Silence</button>
  <button type="button" class="small" data-do="hang">Hang</button>
  <button type="button" class="small" data-act="refuse-next"
    title="Answer the next request with 503">Next: 503</button>
  <input type="text" name="break" placeholder="any fault" aria-label="Any fault, done with Enter"
    title="Any fault that strikes an open stream (Enter)" maxlength="1000" autocomplete="off"
    autocapitalize="off" spellcheck="false">
  <button type="button" class="small" data-act="heal">Heal</button>
  <test-menu></test-menu>
  <span class="told" role="status"></span>`);

/** What each does, for a tooltip. @type {Record<string, string>} */
const TITLES = {
  cut: "Cut: the stream ends without its last chunk",
  "cut,half": "Cut half: the stream is cut in the middle of the next event",
  reset: "Reset: the connection ends with RST",
  silence: "Silence: nothing more is sent",
  hang: "Hang: nothing more is sent, and it is not noticed that the client leaves",
};

export class BreakBar extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {BreakTarget | null} */
  #target = null;
  /** The numbers of what was armed here, by target. @type {Map<string, number[]>} */
  #armed = new Map();
  /** What was done here last, by target. @type {Map<string, Deed>} */
  #done = new Map();

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.role = "group";
    this.ariaLabel = "Break";
    this.append(newBar());
    for (const button of this.#acts) {
      const fault = button.dataset.do ?? "";
      button.title = TITLES[fault] ?? "";
      button.addEventListener("click", () => this.#strike(fault));
    }
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
    this.#tests.connect(app, () => this.#done.get(this.#target?.name ?? "") ?? null);
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
    this.#tests.show(this.#done.has(target.name));
    this.#button("refuse-next").ariaDisabled = canBeNamed(target) ? null : "true";
    const armed = this.#healable.length;
    this.#button("heal").ariaDisabled = armed > 0 ? null : "true";
    this.#button("heal").title = armed > 0 ? "Undo what is armed here" : "Nothing is armed here";
  }

  /** @returns {FaultView[]} */
  get #healable() {
    const target = this.#target;
    if (!target) return [];
    const faults = this.#app?.store.get("faults") ?? [];
    return armedHere(faults, target, this.#armed.get(target.name) ?? []);
  }

  /** @param {string} fault */
  #strike(fault) {
    const target = this.#target;
    if (!target?.isOpen) {
      this.#tell("Nothing is open here that could be broken.", true);
      return;
    }
    const { stream, client, room, connections } = target;
    const deed = { fault, now: true, stream, client, room };
    this.#try(target, deed, async (host) => {
      const { ids } = await host.breakOpen({
        do: fault,
        ...(connections ? { connections } : { stream: stream ?? undefined }),
        ...(room === null ? {} : { room }),
      });
      return ids;
    });
  }

  #refuseNext() {
    const target = this.#target;
    if (!target || this.#button("refuse-next").ariaDisabled) return;
    const fault = nextRefused(target);
    const deed = { fault, now: false, room: target.room };
    this.#try(target, deed, async (host) => (await host.arm(fault)).ids);
  }

  /**
   * @param {BreakTarget} target
   * @param {Deed} deed
   * @param {(host: App["host"]) => Promise<number[]>} act
   */
  async #try(target, deed, act) {
    try {
      const ids = await act(/** @type {App} */ (this.#app).host);
      if (canBeNamed(target)) this.#done.set(target.name, deed);
      this.#armed.set(target.name, [...(this.#armed.get(target.name) ?? []), ...ids]);
      this.#tell(ids.map((id) => `fault ${id}`).join(", "));
    } catch (reason) {
      this.#tell(errorMessage(reason), true);
    }
    this.#draw();
  }

  async #heal() {
    const { host } = /** @type {App} */ (this.#app);
    const faults = this.#healable;
    if (faults.length === 0) return;
    try {
      for (const { id } of faults) await host.heal(id);
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
