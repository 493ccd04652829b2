/**
 * The inspector's view of a stream's definition: its lines of the file of streams, which the window
 * can change. A mistake is shown at its line, and nothing is written then.
 *
 * @import { DefinitionView as Definition } from "../server.js"
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { errorMessage } from "../parts/error-message.js";
import { markup, part, setText } from "../parts/dom.js";

/** A new stream, to begin with. */
const TEMPLATE = `[[stream]]
path = "/my-stream"
title = "My stream"
every = "1s"
data = "hello"
`;

const newView = markup(`
  <p class="where meta quiet"></p>
  <div class="editor">
    <pre class="numbers" aria-hidden="true"></pre>
    <textarea spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off"></textarea>
  </div>
  <p class="problem" role="alert" hidden><span class="shape" aria-hidden="true"></span
    ><span class="words"></span></p>
  <div class="acts">
    <button type="button" class="small" data-act="save-definition"
      title="Save (Ctrl+S): new connections get the stream as you see it here">Save</button>
    <button type="button" class="small" data-act="revert">Revert</button>
  </div>`);

export class DefinitionView {
  #root;
  #app;
  /**
   * The stream that is shown; null while none is, or one that is new.
   * @type {string | null}
   */
  #path = null;
  #isNew = false;
  /** The text as the file has it. */
  #saved = "";
  /** The line of the file at which it begins. */
  #firstLine = 1;
  /** The number of the newest request: the answers of earlier ones are late. */
  #asked = 0;
  #saving = false;
  /**
   * What was typed and not saved, by the path of its stream; that of a new one has an empty path.
   * @type {Map<string, string>}
   */
  #drafts = new Map();
  /** Called with the path of a new stream that was saved. */
  oncreated = /** @type {(path: string) => void} */ (() => {});

  /**
   * @param {HTMLElement} root
   * @param {App} app
   */
  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    root.append(newView());
    const field = this.#field;
    field.readOnly = !app.host.controls;
    part(root, ".acts").hidden = !app.host.controls;
    field.addEventListener("input", () => this.#changed());
    field.addEventListener("scroll", () => {
      part(root, ".numbers").scrollTop = field.scrollTop;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#save();
    });
    part(root, "[data-act=save-definition]").addEventListener("click", () => this.#save());
    part(root, "[data-act=revert]").addEventListener("click", () => this.#revert());
  }

  /**
   * Shows a stream. What was typed and not saved is there again when its stream is.
   *
   * @param {string | null} path null for none
   */
  show(path) {
    if (path === this.#path && !this.#isNew) return;
    this.#keepDraft();
    this.#path = path;
    this.#isNew = false;
    this.#fill("", 1, "");
    if (path !== null) this.#load(path);
  }

  /** A stream that the file does not have yet. */
  begin() {
    this.#keepDraft();
    this.#path = null;
    this.#isNew = true;
    this.#asked += 1;
    this.#fill("", 1, "A new stream, at the end of the file.");
    this.#field.value = this.#takeDraft() ?? TEMPLATE;
    this.#changed();
    this.#field.focus();
  }

  #keepDraft() {
    if (this.#isDirty) this.#drafts.set(this.#path ?? "", this.#field.value);
  }

  #takeDraft() {
    const path = this.#path ?? "";
    const draft = this.#drafts.get(path);
    this.#drafts.delete(path);
    return draft;
  }

  /** The file was saved elsewhere: what was typed here stays. */
  refresh() {
    if (this.#path !== null && !this.#isDirty) this.#load(this.#path);
  }

  get #field() {
    return /** @type {HTMLTextAreaElement} */ (part(this.#root, "textarea"));
  }

  get #isDirty() {
    return this.#field.value !== this.#saved;
  }

  /** @param {string} path */
  async #load(path) {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const definition = await this.#app.host.definition(path);
      // what was typed meanwhile stays
      if (asked !== this.#asked || this.#isDirty) return;
      this.#fill(
        definition.text,
        definition.first_line,
        whereWords(definition, this.#app.host.controls),
      );
      this.#field.value = this.#takeDraft() ?? definition.text;
      this.#changed();
    } catch (reason) {
      if (asked === this.#asked && !this.#isDirty) this.#fill("", 1, errorMessage(reason));
    }
  }

  /**
   * @param {string} text
   * @param {number} firstLine
   * @param {string} where
   */
  #fill(text, firstLine, where) {
    this.#saved = text;
    this.#firstLine = firstLine;
    // an equal text keeps the cursor
    if (this.#field.value !== text) this.#field.value = text;
    this.#field.ariaLabel = this.#isNew ? "Definition of a new stream" : `Lines of ${this.#path}`;
    setText(part(this.#root, ".where"), where);
    this.#showProblem("", null);
    this.#changed();
  }

  #changed() {
    const dirty = this.#isDirty;
    const save = part(this.#root, "[data-act=save-definition]");
    save.classList.toggle("primary", dirty);
    save.ariaDisabled = dirty ? null : "true";
    part(this.#root, "[data-act=revert]").ariaDisabled = dirty ? null : "true";
    this.#showProblem("", null);
  }

  #revert() {
    if (this.#isNew) {
      this.#field.value = TEMPLATE;
      this.#changed();
      return;
    }
    this.#field.value = this.#saved;
    this.#changed();
    // the file may have changed meanwhile
    this.refresh();
  }

  async #save() {
    if (this.#saving || !this.#isDirty || !this.#app.host.controls) return;
    this.#saving = true;
    const text = this.#field.value;
    const [path, isNew] = [this.#path, this.#isNew];
    // another stream may be shown by the time of the answer
    const isShown = () => path === this.#path && isNew === this.#isNew;
    try {
      const defined = await this.#app.host.setDefinition(path, text, isNew ? null : this.#saved);
      announce("Saved");
      if (isShown()) {
        this.#saved = text;
        this.#changed();
      } else {
        this.#drafts.delete(path ?? "");
      }
      if (isNew && defined) this.oncreated(defined.stream);
    } catch (reason) {
      if (isShown()) this.#refused(reason);
      else announce(errorMessage(reason));
    } finally {
      this.#saving = false;
    }
  }

  /** @param {unknown} reason a sentence, or a mistake with its line */
  #refused(reason) {
    if (reason && typeof reason === "object" && "sentence" in reason) {
      const line = "line" in reason && typeof reason.line === "number" ? reason.line : null;
      const at = line === null ? "" : `Line ${line + this.#firstLine - 1}: `;
      this.#showProblem(`${at}${reason.sentence}`, line);
    } else {
      this.#showProblem(errorMessage(reason), null);
    }
  }

  /**
   * @param {string} words
   * @param {number | null} line of the definition, from 1
   */
  #showProblem(words, line) {
    part(this.#root, ".problem").hidden = words === "";
    setText(part(this.#root, ".problem .words"), words);
    const count = this.#field.value.split("\n").length;
    const numbers = Array.from({ length: count }, (_, index) => {
      const number = document.createElement("span");
      number.textContent = `${this.#firstLine + index}\n`;
      if (index + 1 === line) number.className = "wrong";
      return number;
    });
    part(this.#root, ".numbers").replaceChildren(...numbers);
    part(this.#root, ".numbers").scrollTop = this.#field.scrollTop;
  }
}

/**
 * @param {Definition} definition
 * @param {boolean} canEdit
 */
function whereWords({ first_line: first, last_line: last, exists, file }, canEdit) {
  const of = exists ? file : "the shipped streams";
  const lines = `Lines ${first} to ${last} of ${of}`;
  if (!canEdit) return `${lines}. To change them, edit the file, or use the window.`;
  return exists ? lines : `${lines}: the first change creates ${file} with all of them.`;
}
