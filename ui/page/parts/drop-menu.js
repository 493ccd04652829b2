/**
 * <drop-menu>: a button that opens a list of acts below it. Arrow keys move in the list, Enter
 * chooses, Escape closes it.
 */

import { listStep, stepIndex } from "./keys.js";
import { markup, part, setText } from "./dom.js";

/**
 * @typedef {object} MenuChoice
 * @property {string} id
 * @property {string} label
 * @property {string} [note] what it does, in a line below the label
 * @property {boolean} [disabled]
 */

/** The list stays so far away from the edge of the page. */
const EDGE_PX = 12;

const newMenu = markup(`
  <button type="button" aria-haspopup="menu" aria-expanded="false"></button>
  <div class="list" role="menu" hidden></div>`);

const newChoice = markup(`
  <button type="button" role="menuitem" tabindex="-1"><span class="label"></span
    ><span class="note quiet"></span></button>`);

export class DropMenu extends HTMLElement {
  /** @type {((id: string) => void) | null} */
  #choose = null;
  /** What gets the focus back in place of the button. @type {HTMLElement | null} */
  #from = null;
  #closesOn = (/** @type {PointerEvent} */ event) => {
    if (!(event.target instanceof Node && this.contains(event.target))) this.#close(false);
  };

  /**
   * @param {object} look
   * @param {string} look.label what the button is for
   * @param {string} [look.words] what stands on it
   * @param {Node} [look.icon] an icon in place of words
   * @param {(id: string) => void} choose
   */
  connect({ label, words, icon }, choose) {
    this.#choose = choose;
    this.append(newMenu());
    const button = this.button;
    button.title = label;
    this.#list.ariaLabel = label;
    if (icon) {
      button.append(icon);
      button.classList.add("tool");
      button.ariaLabel = label;
    } else {
      setText(button, words ?? label);
      button.classList.add("small");
    }
    button.addEventListener("click", () => (this.#list.hidden ? this.#open() : this.#close(true)));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || !this.#list.hidden) return;
      event.preventDefault();
      this.#open();
    });
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !this.contains(relatedTarget)) this.#close(false);
    });
  }

  /** The button that opens it. */
  get button() {
    return /** @type {HTMLButtonElement} */ (part(this, "button"));
  }

  get #list() {
    return part(this, ".list");
  }

  get #buttons() {
    return /** @type {HTMLButtonElement[]} */ ([...this.#list.children]);
  }

  /**
   * Opens the list without a press of the button.
   *
   * @param {HTMLElement} from what gets the focus back
   * @returns {{ width: number, height: number }} how large the list is
   */
  openFor(from) {
    this.#from = from;
    this.#open();
    return { width: this.#list.offsetWidth, height: this.#list.offsetHeight };
  }

  /** @param {MenuChoice[]} choices */
  show(choices) {
    const had = new Map(this.#buttons.map((button) => [button.dataset.choice, button]));
    const wanted = new Set(choices.map(({ id }) => id));
    for (const [id, button] of had) if (!wanted.has(id ?? "")) button.remove();
    choices.forEach(({ id, label, note, disabled }, index) => {
      const button = had.get(id) ?? this.#newButton(id);
      setText(part(button, ".label"), label);
      setText(part(button, ".note"), note ?? "");
      button.ariaDisabled = disabled ? "true" : null;
      // one that is moved would lose the focus
      const there = this.#list.children[index] ?? null;
      if (there !== button) this.#list.insertBefore(button, there);
    });
    if (choices.length === 0) this.#close(false);
  }

  /** @param {string} id */
  #newButton(id) {
    const button = /** @type {HTMLButtonElement} */ (part(newChoice(), "button"));
    button.dataset.choice = id;
    button.addEventListener("click", () => {
      if (button.ariaDisabled) return;
      this.#close(true);
      this.#choose?.(id);
    });
    return button;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const buttons = this.#buttons;
    const step = listStep(event);
    const at = buttons.findIndex((button) => button === document.activeElement);
    if (step) buttons[stepIndex(step, at, buttons.length, buttons.length)]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") this.#close(event.key === "Escape");
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  }

  #open() {
    if (this.#buttons.length === 0) return;
    this.#list.hidden = false;
    this.#keepInView();
    this.button.ariaExpanded = "true";
    document.addEventListener("pointerdown", this.#closesOn);
    this.#buttons[0]?.focus();
  }

  /** Where the list would be cut off, it is shifted, or stands above its button. */
  #keepInView() {
    const list = this.#list;
    list.style.translate = "";
    list.removeAttribute("data-above");
    const { left, bottom, height } = list.getBoundingClientRect();
    const above = this.getBoundingClientRect().top;
    if (left < EDGE_PX) list.style.translate = `${EDGE_PX - left}px`;
    list.toggleAttribute("data-above", bottom > innerHeight && above > height);
  }

  /** @param {boolean} keepsFocus whether the focus goes back to the button */
  #close(keepsFocus) {
    if (this.#list.hidden) return;
    this.#list.hidden = true;
    this.button.ariaExpanded = "false";
    document.removeEventListener("pointerdown", this.#closesOn);
    if (keepsFocus) (this.#from ?? this.button).focus();
  }
}

customElements.define("drop-menu", DropMenu);
