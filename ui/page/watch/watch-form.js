/**
 * The request of a watch: its address, method, headers and body, and how the connection is made. A
 * pasted curl line fills them. Values that may be secrets are never shown whole: a header's stands
 * in a password field, and one in the address is hidden as soon as nobody writes it.
 *
 * @import { WatchField, WatchForm as Form, WatchRecording } from "../server.js"
 */

import { Address, isCurlLine, keepable, lacksSecret } from "./address.js";
import { announce } from "../parts/announce.js";
import { errorMessage } from "../parts/error-message.js";
import { recordingWords } from "./watch-words.js";
import { markup, part, setText } from "../parts/dom.js";
import { newIcon } from "../parts/icons.js";
import { remember, remembered } from "../parts/remembered.js";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"];

/** Headers that may be shown while nobody writes them, of those that people add by hand. */
const PLAIN = /^(accept.*|cache-control|content-.*|origin|user-agent|.*-version)$/i;

/** What is kept for the next time: the address without its secrets, and the method. */
const KEPT = "watched";

const PARTS = /** @type {const} */ (["headers", "body", "connection"]);

const newForm = markup(`
  <div class="address">
    <select name="method" aria-label="Method"></select>
    <input type="text" name="url" aria-label="Address, or a curl command" maxlength="1048576"
      placeholder="An address, or a curl command" autocomplete="off" autocapitalize="off"
      spellcheck="false">
    <button type="submit" class="primary" data-act="watch">Watch</button>
    <button type="button" data-act="record"><span class="dot" aria-hidden="true"></span
      ><span class="words">Record</span></button>
  </div>
  <div class="options line">
    <button type="button" class="plain" data-part="headers" aria-expanded="false"
      aria-controls="watch-headers">Headers <span class="badge"></span></button>
    <button type="button" class="plain" data-part="body" aria-expanded="false"
      aria-controls="watch-body">Body <span class="badge"></span></button>
    <button type="button" class="plain" data-part="connection" aria-expanded="false"
      aria-controls="watch-connection">Connection <span class="badge"></span></button>
    <span class="way"></span>
    <span class="standing"><span class="shape" aria-hidden="true"></span
      ><span class="state"></span></span>
  </div>
  <div class="part" id="watch-headers" hidden>
    <ul class="fields"></ul>
    <p><button type="button" class="small" data-act="add-header">Add a header</button>
      <span class="quiet meta">Host, Content-Length and User-Agent go without saying.</span></p>
  </div>
  <div class="part" id="watch-body" hidden>
    <textarea name="body" aria-label="Body" spellcheck="false" rows="6"
      placeholder='Such as {"stream": true, "messages": []}'></textarea>
  </div>
  <div class="part" id="watch-connection" hidden>
    <label><input type="checkbox" name="reconnects"> reconnects when the stream ends, as an
      EventSource does</label>
    <label><input type="checkbox" name="follows"> follows redirects</label>
    <label><input type="checkbox" name="http2"> offers HTTP/2</label>
    <label class="insecure"><input type="checkbox" name="insecure"> trusts any certificate</label>
    <p class="more" hidden><span class="words"></span>
      <button type="button" class="link" data-act="forget">Leave that out</button></p>
  </div>
  <p class="recorded" hidden><span class="words"></span></p>
  <p class="problem" role="alert" hidden><span class="shape" aria-hidden="true"></span
    ><span class="words"></span></p>`);

const newField = markup(`<li>
  <input type="text" class="name" aria-label="Name" placeholder="Name" spellcheck="false"
    autocomplete="off" autocapitalize="off">
  <input class="value" aria-label="Value" placeholder="Value" spellcheck="false"
    autocomplete="off" autocapitalize="off">
  <button type="button" class="tool" data-act="remove-header" aria-label="Leave this header out"
    title="Leave this header out"></button></li>`);

/**
 * @typedef {object} Ways
 * @property {(line: string) => Promise<Form>} read reads a curl line
 * @property {(form: Form, records: boolean) => Promise<boolean>} watch whether it began
 * @property {() => void} stop
 * @property {() => void} record records the watch that goes on
 * @property {() => void} stopRecording
 */

export class WatchForm {
  #root;
  #ways;
  #address = new Address();
  #isOn = false;
  #isRecorded = false;
  /** What was last asked for. */
  #asked = "";
  /** A request is about to begin: a second press is none. */
  #begins = false;
  /** The curl line, as far as it says more than the fields. */
  #curl = /** @type {string | null} */ (null);
  #more = /** @type {string[]} */ ([]);

  /**
   * @param {HTMLElement} root
   * @param {Ways} ways
   */
  constructor(root, ways) {
    this.#root = root;
    this.#ways = ways;
    root.append(newForm());
    this.#method.append(...METHODS.map((name) => new Option(name)));
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#stops) ways.stop();
      else this.#submit();
    });
    const url = this.#url;
    url.addEventListener("focus", () => url.select());
    url.addEventListener("blur", () => this.#hide());
    // a field of one line would swallow the line ends of a pasted line
    url.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!isCurlLine(text)) return;
      event.preventDefault();
      this.#read(text);
    });
    for (const name of PARTS) {
      this.#button(name).addEventListener("click", () => this.#open(name));
    }
    root.addEventListener("click", ({ target }) => {
      const act = target instanceof Element ? target.closest("[data-act]") : null;
      if (!(act instanceof HTMLElement)) return;
      if (act.dataset.act === "add-header") this.#add({ name: "", value: "", plain: true }, true);
      if (act.dataset.act === "remove-header") this.#leaveOut(act.closest("li"));
      if (act.dataset.act === "forget") this.#forget();
      if (act.dataset.act === "record") this.#record();
      this.#count();
    });
    root.addEventListener("input", () => {
      this.#count();
      this.#drawButton();
    });
  }

  /** Takes the keys to the address. */
  find() {
    this.#url.focus();
    this.#url.select();
  }

  /**
   * Fills the fields.
   *
   * @param {Form} form
   */
  fill(form) {
    if (![...this.#method.options].some(({ value }) => value === form.method)) {
      this.#method.append(new Option(form.method));
    }
    this.#method.value = form.method;
    this.#url.value = form.url;
    this.#hide();
    part(this.#root, ".fields").replaceChildren();
    for (const field of form.headers) this.#add(field);
    this.#body.value = form.body;
    for (const name of /** @type {const} */ (["reconnects", "follows", "http2", "insecure"])) {
      this.#box(name).checked = form[name];
    }
    this.#curl = form.curl;
    this.#more = form.more;
    this.#count();
  }

  /**
   * Begins with these fields, and the address and the method of the last time. A watch that goes on
   * may be another one; it is shown, and can be stopped until somebody changes a field.
   *
   * @param {Form} form
   */
  begin(form) {
    this.fill(form);
    const kept = /** @type {{ url?: unknown, method?: unknown } | undefined} */ (remembered(KEPT));
    if (typeof kept?.url === "string") {
      this.#url.value = kept.url;
      if (METHODS.includes(String(kept.method))) this.#method.value = String(kept.method);
    }
    this.#asked = JSON.stringify(this.#form);
  }

  /**
   * Watches an address with these fields: none of a request before goes to it.
   *
   * @param {Form} form
   */
  watch(form) {
    this.fill(form);
    this.#submit();
  }

  /**
   * @param {boolean} isOn whether a watch goes on
   * @param {string} state
   * @param {{ words: string, way: string, ended: string }} told
   */
  show(isOn, state, { words, way, ended }) {
    this.#isOn = isOn;
    this.#drawButton();
    this.#root.dataset.state = state;
    setText(part(this.#root, ".state"), words);
    part(this.#root, ".standing").title = words;
    setText(part(this.#root, ".way"), [way, ended].filter(Boolean).join(", "));
  }

  /**
   * Shows whether the watch is recorded, and what became of the last recording.
   *
   * @param {WatchRecording | null} recording
   */
  showRecording(recording) {
    const wasRecorded = this.#isRecorded;
    this.#isRecorded = recording?.is_on ?? false;
    const words = recordingWords(recording);
    if (wasRecorded && !this.#isRecorded) announce(words.line);
    const button = part(this.#root, "[data-act=record]");
    setText(part(button, ".words"), words.button);
    button.title = words.title;
    button.toggleAttribute("data-on", this.#isRecorded);
    const line = part(this.#root, ".recorded");
    line.hidden = words.line === "";
    line.toggleAttribute("data-wrong", recording?.is_wrong ?? false);
    setText(part(line, ".words"), words.line);
  }

  /** Without a watch, or with fields that ask for another one, it begins one. */
  #record() {
    if (this.#isRecorded) this.#ways.stopRecording();
    else if (this.#stops) this.#ways.record();
    else this.#submit(true);
  }

  /** @param {string} sentence empty where there is no problem */
  problem(sentence) {
    const problem = part(this.#root, ".problem");
    problem.hidden = sentence === "";
    setText(part(problem, ".words"), sentence);
    this.#url.ariaInvalid = sentence === "" ? null : "true";
  }

  /** A press ends the watch, unless the fields ask for another one. */
  get #stops() {
    return this.#isOn && this.#asked === JSON.stringify(this.#form);
  }

  #drawButton() {
    setText(part(this.#root, "[data-act=watch]"), this.#stops ? "Stop" : "Watch");
  }

  async #submit(records = false) {
    if (this.#begins) return;
    this.#begins = true;
    await this.#begin(records);
    this.#begins = false;
  }

  /** @param {boolean} records */
  async #begin(records) {
    this.problem("");
    if (isCurlLine(this.#url.value) && !(await this.#read(this.#url.value))) return;
    this.#hide();
    if (lacksSecret(this.#address.whole(this.#url.value))) {
      this.problem("A secret of the address was not kept: write it in place of the …");
      return;
    }
    const form = this.#form;
    if (!(await this.#ways.watch(form, records))) return;
    this.#asked = JSON.stringify(form);
    remember(KEPT, { url: keepable(this.#url.value), method: this.#method.value });
  }

  /**
   * @param {string} line
   * @returns {Promise<boolean>} whether it could be read
   */
  async #read(line) {
    try {
      this.fill(await this.#ways.read(line));
      this.problem("");
      return true;
    } catch (reason) {
      this.problem(errorMessage(reason));
      return false;
    }
  }

  /** @returns {Form} */
  get #form() {
    return {
      method: this.#method.value,
      url: this.#address.whole(this.#url.value),
      headers: this.#fields,
      body: this.#body.value,
      reconnects: this.#box("reconnects").checked,
      follows: this.#box("follows").checked,
      http2: this.#box("http2").checked,
      insecure: this.#box("insecure").checked,
      curl: this.#curl,
      more: this.#more,
    };
  }

  /** @returns {WatchField[]} */
  get #fields() {
    const rows = [.../** @type {NodeListOf<HTMLElement>} */ (
      this.#root.querySelectorAll(".fields > li")
    )];
    return rows.map((row) => {
      const value = /** @type {HTMLInputElement} */ (part(row, ".value"));
      const { value: name } = /** @type {HTMLInputElement} */ (part(row, ".name"));
      return { name, value: value.value, plain: value.type === "text" };
    });
  }

  get #method() {
    return /** @type {HTMLSelectElement} */ (part(this.#root, "[name=method]"));
  }

  get #url() {
    return /** @type {HTMLInputElement} */ (part(this.#root, "[name=url]"));
  }

  get #body() {
    return /** @type {HTMLTextAreaElement} */ (part(this.#root, "[name=body]"));
  }

  /** @param {string} name */
  #box(name) {
    return /** @type {HTMLInputElement} */ (part(this.#root, `[name=${name}]`));
  }

  /** @param {typeof PARTS[number]} name */
  #button(name) {
    return part(this.#root, `[data-part=${name}]`);
  }

  /**
   * Opens a part below the line, or closes it. One is open at a time.
   *
   * @param {typeof PARTS[number]} name
   */
  #open(name) {
    const wasOpen = this.#button(name).ariaExpanded === "true";
    for (const other of PARTS) {
      const isOpen = other === name && !wasOpen;
      this.#button(other).ariaExpanded = String(isOpen);
      part(this.#root, `#watch-${other}`).hidden = !isOpen;
    }
  }

  #hide() {
    const url = this.#url;
    if (!isCurlLine(url.value)) url.value = this.#address.hide(url.value);
  }

  #forget() {
    this.#curl = null;
    this.#more = [];
    this.#button("connection").focus();
  }

  /** @param {Element | null} row */
  #leaveOut(row) {
    const next = row?.nextElementSibling ?? row?.previousElementSibling;
    row?.remove();
    // the pressed button is gone
    (next ? part(next, ".name") : part(this.#root, "[data-act=add-header]")).focus();
  }

  /**
   * @param {WatchField} field
   * @param {boolean} [byHand]
   */
  #add({ name, value, plain }, byHand = false) {
    const row = part(newField(), "li");
    part(row, "[data-act]").append(newIcon("clear"));
    const [names, values] = /** @type {NodeListOf<HTMLInputElement>} */ (
      row.querySelectorAll("input")
    );
    names.value = name;
    values.value = value;
    values.type = plain ? "text" : "password";
    names.addEventListener("input", () => {
      // what stands there stays hidden, whatever its name becomes
      if (values.type === "password" && values.value !== "") return;
      values.type = names.value === "" || PLAIN.test(names.value.trim()) ? "text" : "password";
    });
    part(this.#root, ".fields").append(row);
    if (byHand) names.focus();
  }

  /** How much there is of each part, on its button. */
  #count() {
    const badge = (/** @type {typeof PARTS[number]} */ name, /** @type {string} */ words) =>
      setText(part(this.#button(name), ".badge"), words);
    const headers = this.#fields.filter(({ name }) => name.trim() !== "").length;
    badge("headers", String(headers));
    const bytes = new TextEncoder().encode(this.#body.value).length;
    badge("body", bytes === 0 ? "" : `${bytes} B`);
    badge("connection", this.#box("insecure").checked ? "insecure" : "");
    const more = part(this.#root, ".more");
    more.hidden = this.#more.length === 0;
    setText(part(more, ".words"), `Also from the curl command: ${this.#more.join(", ")}.`);
  }
}
