/**
 * Who is judged, and against what: the name of the client, its URL, the profile, the run that is
 * shown and the one that it is compared with.
 *
 * @import { Profile } from "../server.js"
 * @import { Host } from "../types.js"
 */

import { BAD_NAME, PROFILES, isName, isProfile } from "./lab-words.js";
import { copyOnClick } from "../parts/copy-button.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";

const newForm = markup(`
  <div class="line">
    <label>Client <input type="text" name="client" maxlength="64" autocomplete="off"
      autocapitalize="off" spellcheck="false" aria-describedby="lab-name"
      title="The name that a client walks by: the last part of its URL"></label>
    <label>Profile <select name="profile" title="What it is held against"></select></label>
    <p class="address"><code class="url"></code><button type="button" class="tool"
      data-act="copy-url" aria-label="Copy the URL"
      title="Copy the URL">${icon("copy")}</button></p>
    <p class="acts">
      <button type="button" data-act="again"
        title="Forget what this client did, so that it begins anew">Run again</button>
      <button type="button" data-act="walk"
        title="Open an EventSource of this page at the tour">Walk it in this page</button>
    </p>
  </div>
  <p class="bad" id="lab-name" role="alert" hidden></p>
  <div class="options">
    <p class="standing"><span class="shape" aria-hidden="true"></span
      ><span class="state"></span></p>
    <label>Run <select name="run" title="The clients that came, the newest first"></select></label>
    <label>Compare with <select name="other"></select></label>
  </div>`);

/**
 * @typedef {object} Ways
 * @property {(name: string) => void} name
 * @property {(other: string) => void} other
 * @property {(profile: Profile) => void} profile
 * @property {() => void} again
 * @property {() => void} walk
 */

/**
 * @typedef {object} Standing
 * @property {string} name
 * @property {string} other
 * @property {Profile} profile
 * @property {string[]} names who came
 * @property {string} url of the tour
 * @property {string} words of the run
 * @property {"idle" | "connecting" | "ended"} state
 * @property {boolean} hasRun
 * @property {boolean} walks whether this page walks
 * @property {boolean} canWalk
 */

export class LabForm {
  #root;
  #ways;

  /**
   * @param {HTMLElement} root
   * @param {Host} host
   * @param {Ways} ways
   */
  constructor(root, host, ways) {
    this.#root = root;
    this.#ways = ways;
    root.append(newForm());
    this.#select("profile").append(
      ...PROFILES.map(([profile, words]) => {
        const option = new Option(profile, profile);
        option.title = words;
        return option;
      }),
    );
    const name = this.#name;
    name.addEventListener("input", () => this.#typed());
    root.addEventListener("submit", (event) => event.preventDefault());
    this.#select("profile").addEventListener("change", ({ target }) => {
      const { value } = /** @type {HTMLSelectElement} */ (target);
      if (isProfile(value)) ways.profile(value);
    });
    this.#select("run").addEventListener("change", () => {
      this.#say("");
      ways.name(this.#select("run").value);
    });
    this.#select("other").addEventListener("change", () => ways.other(this.#select("other").value));
    const url = () => part(root, ".url").textContent ?? "";
    copyOnClick(part(root, "[data-act=copy-url]"), host, url);
    part(root, "[data-act=again]").addEventListener("click", () => {
      if (part(root, "[data-act=again]").ariaDisabled !== "true") ways.again();
    });
    part(root, "[data-act=walk]").addEventListener("click", () => ways.walk());
  }

  get #name() {
    return /** @type {HTMLInputElement} */ (part(this.#root, "[name=client]"));
  }

  /** @param {"run" | "other" | "profile"} name */
  #select(name) {
    return /** @type {HTMLSelectElement} */ (part(this.#root, `[name=${name}]`));
  }

  #typed() {
    const name = this.#name.value.trim();
    const isGood = isName(name);
    this.#say(isGood || name === "" ? "" : BAD_NAME);
    if (isGood) this.#ways.name(name);
  }

  /** @param {string} sentence */
  #say(sentence) {
    const bad = part(this.#root, ".bad");
    setText(bad, sentence);
    bad.hidden = sentence === "";
    this.#name.ariaInvalid = sentence === "" ? null : "true";
  }

  /** Whether somebody writes the name. */
  get isWritten() {
    return document.activeElement === this.#name;
  }

  /** @param {Standing} standing */
  show({ name, other, profile, names, url, words, state, hasRun, walks, canWalk }) {
    const root = this.#root;
    if (!this.isWritten && this.#name.value !== name) this.#name.value = name;
    this.#select("profile").value = profile;
    const own = names.includes(name) ? names : [name, ...names];
    fill(this.#select("run"), own.map((one) => [one, one]), name);
    const others = names.filter((one) => one !== name);
    const gone = other !== "" && !others.includes(other) ? [other] : [];
    fill(
      this.#select("other"),
      [["", "nobody"], ...[...gone, ...others].map((one) => [one, one])],
      other,
    );
    // their place is kept
    root.toggleAttribute("data-alone", others.length === 0 && other === "");
    setText(part(root, ".url"), url);
    part(root, ".url").title = url;
    root.dataset.state = state;
    setText(part(root, ".state"), words);
    // not `disabled`: it may have the focus
    part(root, "[data-act=again]").ariaDisabled = hasRun ? null : "true";
    const walk = part(root, "[data-act=walk]");
    setText(walk, walks ? "Stop walking" : "Walk it in this page");
    // before anybody came, the place below offers it
    walk.hidden = !canWalk || (!hasRun && !walks);
  }
}

/**
 * Fills a select anew only where its options differ: an open one would close.
 *
 * @param {HTMLSelectElement} select
 * @param {string[][]} options values and words
 * @param {string} chosen
 */
function fill(select, options, chosen) {
  const key = JSON.stringify(options);
  if (select.dataset.options !== key) {
    select.dataset.options = key;
    select.replaceChildren(...options.map(([value, words]) => new Option(words, value)));
  }
  if (select.value !== chosen) select.value = chosen;
}
