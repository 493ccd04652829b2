/**
 * <faults-place>: arms faults, and shows what is armed. A fault is made as a sentence whose words
 * are chosen, or as the same text; the server reads both, and its reading is what is shown.
 *
 * @import { CheckedFault, ProfileView } from "../server.js"
 * @import { App } from "../types.js"
 */

import { ArmedList } from "./armed-list.js";
import { FIRST_FAULTS, canAct } from "./fault-choices.js";
import { FaultSentence } from "./fault-sentence.js";
import { announce } from "../parts/announce.js";
import { checkedWords } from "./fault-words.js";
import { copyOnClick } from "../parts/copy-button.js";
import { TestMenu } from "../parts/test-menu.js";
import { errorMessage } from "../parts/error-message.js";
import { joinFault, splitFault } from "../parts/fault-text.js";
import { markup, part, setText } from "../parts/dom.js";
import { UpstreamList } from "./upstream-list.js";

/** Longer than the pause between two letters. */
const TYPED_MS = 120;

const newPlace = markup(`
  <form class="maker" novalidate>
    <h2 class="unseen">A new fault</h2>
    <p class="sentence" role="group" aria-label="The fault as a sentence"></p>
    <div class="line">
      <input type="text" name="fault" aria-label="The fault as text" maxlength="65536"
        aria-describedby="fault-message" autocomplete="off" autocapitalize="off" spellcheck="false"
        title="The fault as text (/)" aria-keyshortcuts="/">
      <button type="button" data-act="copy-fault">Copy</button>
      <test-menu></test-menu>
      <button type="submit" class="primary" data-act="arm">Arm</button>
    </div>
    <p class="message"><span class="words" id="fault-message" role="status"></span>
      <button type="button" class="link" data-act="now">Do it to open connections now</button></p>
  </form>
  <section class="armed" aria-labelledby="armed-title">
    <header>
      <h2 class="meta" id="armed-title">Armed</h2>
      <button type="button" class="small" data-act="heal-all">Heal all</button>
    </header>
    <p class="problem" role="alert" hidden></p>
    <armed-list></armed-list>
    <div class="empty">
      <p>Nothing is armed. A fault breaks streams on purpose, so that you see what a client does
        then. Three to begin with:</p>
      <ul></ul>
    </div>
  </section>
  <section class="upstreams" aria-labelledby="upstreams-title">
    <upstream-list></upstream-list>
  </section>
  <section class="profiles" aria-labelledby="profiles-title">
    <header><h2 class="meta" id="profiles-title">Profiles</h2></header>
    <ul></ul>
  </section>`);

const newFirst = markup(
  `<li><button type="button"><code></code><span class="words"></span></button></li>`,
);
const newProfile = markup(
  `<li><button type="button"><span class="name"></span><span class="words"></span></button></li>`,
);

export class FaultsPlace extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {FaultSentence | null} */
  #sentence = null;
  /** @type {ProfileView[]} */
  #profiles = [];
  /**
   * The text as the server read it; null while it has a mistake.
   * @type {CheckedFault | null}
   */
  #checked = null;
  /** The text that was last done to open connections. */
  #struck = "";
  /** The number of the last text that was to be read. */
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    const { host, store } = app;
    this.append(newPlace());
    this.#sentence = new FaultSentence(part(this, ".sentence"), {
      changed: (parts) => this.#write(joinFault(parts)),
      other: (parts, key) => this.#write(joinFault(parts), key),
    });
    const input = this.#input;
    input.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#check(), TYPED_MS);
    });
    part(this, "form.maker").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#arm();
    });
    copyOnClick(part(this, "[data-act=copy-fault]"), host, () => this.#text);
    this.#tests.connect(app, () => ({ fault: this.#text, now: this.#struck === this.#text }));
    part(this, "[data-act=now]").addEventListener("click", () => this.#strike());
    part(this, "[data-act=heal-all]").addEventListener("click", () => {
      if (store.get("faults")?.length) this.#heal(null);
    });
    /** @type {ArmedList} */ (part(this, "armed-list")).connect(app, (id) => this.#heal(id));
    /** @type {UpstreamList} */ (part(this, "upstream-list")).connect(app);
    part(this, ".empty ul").replaceChildren(
      ...FIRST_FAULTS.map(([fault, words]) =>
        this.#offer(newFirst(), fault, { code: fault, words }),
      ),
    );
    store.on("faults", (faults) => {
      part(this, ".empty").hidden = faults.length > 0;
      const [arm, healAll] = ["arm", "heal-all"].map((act) => part(this, `[data-act=${act}]`));
      // not `disabled`: it may have the focus
      healAll.ariaDisabled = faults.length === 0 ? "true" : null;
      // the one next step
      healAll.classList.toggle("primary", faults.length > 0);
      arm.classList.toggle("primary", faults.length === 0);
    });
    store.on("connections", () => this.#showOpen());
    store.on("streams", () => this.#showKnown());
    store.on("topics", () => this.#showKnown());
    // a file that was saved may have others
    store.on("streams_file", () => this.#loadProfiles());
    store.on("whole", () => this.#write(FIRST_FAULTS[0][0]));
    // the tags of the clients there are when somebody looks for one
    part(this, ".sentence").addEventListener("focusin", () => this.#loadClients());
    part(this, ".sentence").addEventListener("pointerenter", () => this.#loadClients());
  }

  /** Takes the keys to the text. */
  find() {
    this.#input.focus();
    this.#input.select();
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (part(this, "input[name=fault]"));
  }

  /** The fault in its canonical spelling, or as it was typed. */
  get #text() {
    return this.#checked?.fault ?? this.#input.value.trim();
  }

  /**
   * Puts a text into the field, and reads it.
   *
   * @param {string} text
   * @param {string} [key] whose value is selected, to be typed over
   */
  #write(text, key) {
    clearTimeout(this.#typing);
    const input = this.#input;
    input.value = text;
    if (key !== undefined) {
      const at = text.lastIndexOf(`${key}=`) + key.length + 1;
      const { length } = /^"(?:\\.|[^"\\])*"|[^,]*/.exec(text.slice(at))?.[0] ?? "";
      input.focus();
      input.setSelectionRange(at, at + length);
    }
    this.#check();
  }

  async #check() {
    const { host } = /** @type {App} */ (this.#app);
    const turn = ++this.#turn;
    try {
      const checked = await host.checkFault(this.#input.value.trim());
      if (turn !== this.#turn) return;
      this.#checked = checked;
      this.#sentence?.show(splitFault(checked.fault));
      this.#say(checkedWords(checked), false);
    } catch (reason) {
      if (turn !== this.#turn) return;
      this.#checked = null;
      this.#sentence?.showMistake();
      this.#say(errorMessage(reason), true);
    }
  }

  /**
   * @param {string} words
   * @param {boolean} isMistake
   */
  #say(words, isMistake) {
    part(this, "form").toggleAttribute("data-mistake", isMistake);
    this.#input.ariaInvalid = isMistake ? "true" : null;
    setText(part(this, ".message .words"), words);
    this.#tests.show(!isMistake);
    this.#showOpen();
  }

  get #tests() {
    return /** @type {TestMenu} */ (part(this, "test-menu"));
  }

  #showOpen() {
    const open = this.#app?.store.get("connections")?.open ?? 0;
    // of a profile, those that it stands for
    const faults = this.#checked?.faults ?? [];
    const act = faults.length > 0 && faults.every((fault) => canAct(splitFault(fault).word));
    part(this, "[data-act=now]").hidden = open === 0 || !act;
  }

  async #arm() {
    const { host } = /** @type {App} */ (this.#app);
    try {
      const { ids } = await host.arm(this.#input.value.trim());
      const words = `Armed as ${ids.map((id) => `fault ${id}`).join(", ")}.`;
      this.#say(words, false);
      announce(words);
    } catch (reason) {
      this.#say(errorMessage(reason), true);
      this.#input.focus();
    }
  }

  async #strike() {
    const { host } = /** @type {App} */ (this.#app);
    try {
      const { acted } = await host.breakOpen({ do: this.#text });
      this.#struck = this.#text;
      this.#say(`Done to ${acted.map((id) => `#${id}`).join(", ")}.`, false);
    } catch (reason) {
      this.#say(errorMessage(reason), true);
    }
  }

  /** @param {number | null} id null for all */
  async #heal(id) {
    const { host } = /** @type {App} */ (this.#app);
    const problem = part(this, ".armed > .problem");
    try {
      await host.heal(id);
      problem.hidden = true;
      announce(id === null ? "All healed" : `Fault ${id} healed`);
      // the button that had the focus goes with its line
      part(this, "[data-act=heal-all]").focus({ preventScroll: true });
    } catch (reason) {
      setText(problem, errorMessage(reason));
      problem.hidden = false;
    }
  }

  async #loadProfiles() {
    const { host } = /** @type {App} */ (this.#app);
    try {
      this.#profiles = await host.profiles();
    } catch {
      // the status bar says that nothing answers, and those that are known stay
      return;
    }
    part(this, ".profiles ul").replaceChildren(
      ...this.#profiles.map(({ name, about, faults }) =>
        this.#offer(newProfile(), `profile=${name}`, { name, words: about || faults.join(" ") }),
      ),
    );
    this.#showKnown();
  }

  /**
   * A button that puts a fault into the field.
   *
   * @param {DocumentFragment} item
   * @param {string} fault
   * @param {Record<string, string>} texts by what shows them
   */
  #offer(item, fault, texts) {
    for (const [name, text] of Object.entries(texts)) {
      part(item, name === "code" ? name : `.${name}`).textContent = text;
    }
    part(item, "button").addEventListener("click", () => {
      this.#write(fault);
      this.#input.focus({ preventScroll: true });
      part(this, "form").scrollIntoView({ block: "nearest" });
    });
    return item;
  }

  #showKnown() {
    const { store } = /** @type {App} */ (this.#app);
    const served = [...(store.get("streams") ?? []), ...(store.get("topics") ?? [])];
    this.#sentence?.setKnown({
      paths: served.map(({ path }) => path),
      profiles: this.#profiles,
    });
  }

  async #loadClients() {
    const { host } = /** @type {App} */ (this.#app);
    try {
      const { rows } = await host.slice({
        sort: "since",
        descending: true,
        filter: "",
        grouped: true,
        first: 0,
        count: 50,
      });
      const tags = rows.flatMap(({ client }) => (client === null ? [] : [client]));
      this.#sentence?.setKnown({ clients: [...new Set(tags)] });
    } catch {
      // those that are known stay
    }
  }
}

customElements.define("faults-place", FaultsPlace);
