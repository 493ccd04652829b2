/**
 * A fault as a sentence. Each word that can be chosen is a list of choices that looks like a word:
 * the list lies over the word, so that the platform's own list opens there.
 *
 * @import { FaultParts } from "../parts/fault-text.js"
 * @import { Choice, Known, Slot } from "./fault-choices.js"
 */

import {
  GROUPS,
  restOf,
  slotsOf,
  taken,
  valuesOf,
  withChoice,
  withValue,
  withWord,
  wordOf,
} from "./fault-choices.js";
import { markup, part, setText } from "../parts/dom.js";

const newWord = markup(
  `<span class="choice"><span class="text" aria-hidden="true"></span><select></select></span>`,
);

/** The choice that leads to the text. */
const OTHER = "other…";

/**
 * @typedef {object} Ways
 * @property {(parts: FaultParts) => void} changed
 * @property {(parts: FaultParts, key: string) => void} other something else is to be typed as the
 *   value of this key
 */

/**
 * @typedef {object} Drawn a word of the sentence
 * @property {string} name
 * @property {string} label
 * @property {string} before
 * @property {[string, string[]][]} groups of choices; without a name, the choices stand alone
 * @property {number} taken
 * @property {(index: number) => void} choose
 */

export class FaultSentence {
  #element;
  #ways;
  /** @type {Known} */
  #known = { paths: [], clients: [], profiles: [] };
  /** @type {FaultParts | null} */
  #parts = null;

  /**
   * @param {HTMLElement} element
   * @param {Ways} ways
   */
  constructor(element, ways) {
    this.#element = element;
    this.#ways = ways;
  }

  /** @param {Partial<Known>} known */
  setKnown(known) {
    const before = JSON.stringify(this.#known);
    this.#known = { ...this.#known, ...known };
    if (before !== JSON.stringify(this.#known)) this.#draw();
  }

  /** @param {FaultParts} parts as the server read them */
  show(parts) {
    this.#parts = parts;
    this.#element.toggleAttribute("data-stale", false);
    this.#draw();
  }

  /** The text says something else now, which cannot be read. */
  showMistake() {
    this.#element.toggleAttribute("data-stale", true);
  }

  #draw() {
    const parts = this.#parts;
    if (!parts) return;
    const slots = slotsOf(parts, this.#known);
    const value = valuesOf(parts, this.#known);
    const words = [
      this.#first(parts),
      ...(value ? [this.#valueOf(parts, value)] : []),
      ...slots.map((slot) => this.#wordOf(parts, slot)),
    ];
    this.#drawWords(words, restOf(parts, slots));
  }

  /**
   * @param {FaultParts} parts
   * @returns {Drawn}
   */
  #first(parts) {
    const all = GROUPS.flatMap(([, words]) => words);
    const at = all.findIndex(({ word }) => word === parts.word);
    const own = at < 0 ? [/** @type {[string, string[]]} */ (["", [parts.word]])] : [];
    return {
      name: "word",
      label: "What happens",
      before: "",
      groups: [...GROUPS.map(([name, words]) => /** @type {[string, string[]]} */ (
        [name, words.map(({ says }) => says)])), ...own],
      taken: at < 0 ? all.length : at,
      choose: (index) => {
        if (all[index]) this.#ways.changed(withWord(parts, all[index], this.#known));
      },
    };
  }

  /**
   * @param {FaultParts} parts
   * @param {NonNullable<ReturnType<typeof valuesOf>>} value
   * @returns {Drawn}
   */
  #valueOf(parts, { choices, taken: at }) {
    const isTyped = parts.word !== "profile";
    return {
      name: "value",
      label: wordOf(parts.word)?.says ?? parts.word,
      before: " ",
      groups: [["", [...choices.map(({ says }) => says), ...(isTyped ? [OTHER] : [])]]],
      taken: at,
      choose: (index) => {
        const choice = choices[index];
        if (choice) this.#ways.changed(withValue(parts, choice.value, this.#known));
        else this.#ways.other({ ...parts, value: parts.value ?? "1" }, parts.word);
      },
    };
  }

  /**
   * @param {FaultParts} parts
   * @param {Slot} slot
   * @returns {Drawn}
   */
  #wordOf(parts, slot) {
    const now = taken(slot, parts);
    /** @type {Choice[]} */
    const choices = slot.choices.includes(now) ? slot.choices : [...slot.choices, now];
    const { other } = slot;
    return {
      name: slot.name,
      label: slot.label,
      before: slot.before,
      groups: [["", [...choices.map(({ says }) => says), ...(other ? [OTHER] : [])]]],
      taken: choices.indexOf(now),
      choose: (index) => {
        const choice = choices[index];
        if (choice) this.#ways.changed(withChoice(parts, slot, choice));
        else if (other) {
          const had = parts.keys.find(([key]) => key === other[0]);
          const typed = { says: "", keys: [had ?? other] };
          this.#ways.other(withChoice(parts, slot, typed), other[0]);
        }
      },
    };
  }

  /**
   * Elements stay where they are, so that a list keeps the focus when something was chosen in it.
   *
   * @param {Drawn[]} words
   * @param {string[]} rest
   */
  #drawWords(words, rest) {
    const had = new Map(
      [...this.#element.querySelectorAll("[data-slot]")].map((one) => [
        /** @type {HTMLElement} */ (one).dataset.slot,
        /** @type {HTMLElement} */ (one),
      ]),
    );
    const nodes = words.flatMap((word) => {
      const element = had.get(word.name) ?? /** @type {HTMLElement} */ (part(newWord(), ".choice"));
      element.dataset.slot = word.name;
      fill(element, word);
      return [word.before, element];
    });
    const more = rest.flatMap((text, index) => {
      const code = document.createElement("code");
      code.textContent = text;
      return [index === 0 ? ", with " : ", ", code];
    });
    const wanted = [...nodes, ...more, "."];
    const kept = words.every(({ name }) => had.has(name)) && had.size === words.length;
    if (kept && rest.join() === this.#element.dataset.rest) return;
    this.#element.dataset.rest = rest.join();
    const focused = document.activeElement;
    this.#element.replaceChildren(...wanted);
    if (focused instanceof HTMLElement && this.#element.contains(focused)) focused.focus();
  }
}

/**
 * @param {HTMLElement} element
 * @param {Drawn} word
 */
function fill(element, { label, groups, taken: at, choose }) {
  const select = /** @type {HTMLSelectElement} */ (part(element, "select"));
  const shape = JSON.stringify(groups);
  if (select.dataset.shape !== shape) {
    select.dataset.shape = shape;
    let index = 0;
    select.replaceChildren(
      ...groups.flatMap(([name, texts]) => {
        const options = texts.map((text) => new Option(text, String(index++)));
        if (name === "") return options;
        const group = document.createElement("optgroup");
        group.label = name;
        group.append(...options);
        return [group];
      }),
    );
  }
  select.ariaLabel = label;
  select.value = String(at);
  select.onchange = () => {
    const index = Number(select.value);
    // until the server has read it, and where it is to be typed, the word says what it said
    select.value = String(at);
    choose(index);
  };
  setText(part(element, ".text"), groups.flatMap(([, texts]) => texts)[at] ?? "");
}
