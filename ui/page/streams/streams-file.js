/**
 * <streams-file>: where the list of streams comes from, and the file's problem while it has one.
 * The server reports both. The problem has a line of its own, which is hidden while there is no
 * problem.
 *
 * @import { StreamsFile } from "../server.js"
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { copyOnClick } from "../parts/copy-button.js";
import { fileProblemWords, fileWords } from "../parts/words.js";
import { ariaShortcut, onMac, withAccelerator } from "../parts/keys.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { errorMessage } from "../parts/error-message.js";

const newLine = markup(`
  <p class="source">
    <span class="words"></span>
    <span class="file">
      <code class="path"><bdi></bdi></code>
      <button type="button" class="tool" data-act="copy-path" title="Copy the path"
        aria-label="Copy the path of the file of streams">${icon("copy")}</button>
      <button type="button" class="tool" data-act="edit-streams"
        aria-label="Edit the file of streams">${icon("edit")}</button>
    </span>
  </p>
  <div class="told" hidden>
    <p class="problem" data-of="file" hidden><span class="shape" aria-hidden="true"></span
      ><span class="words"></span></p>
    <p class="problem" data-of="edit" hidden><span class="shape" aria-hidden="true"></span
      ><span class="words"></span></p>
    <p class="opened quiet" hidden><span class="words"></span></p>
    <p class="news" hidden><span class="words"></span
      ><button type="button" class="tool" data-act="dismiss" title="Close"
        aria-label="Close the news of the file">${icon("close")}</button></p>
  </div>`);

const EDIT = "edit-streams";

/** Long enough to see whether an editor appears. */
const SHOWN_MS = 20_000;

export class StreamsFileLine extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hiding;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    const { host, store } = app;
    this.append(newLine());
    copyOnClick(
      part(this, "[data-act=copy-path]"),
      host,
      () => store.get("streams_file")?.path ?? "",
    );
    if (host.controls) {
      this.#edit.addEventListener("click", () => this.#openEditor());
      store.on("actions", (actions) => {
        const action = actions.find(({ id }) => id === EDIT);
        const shortcut = ariaShortcut(action, onMac());
        this.#edit.title = withAccelerator(
          "Open the file of streams in your editor: a saved change is served at once",
          action,
          onMac(),
        );
        if (shortcut) this.#edit.setAttribute("aria-keyshortcuts", shortcut);
      });
    } else {
      this.#edit.remove();
    }
    part(this, "[data-act=dismiss]").addEventListener("click", () => this.showNews(""));
    store.on("streams_file", (file) => this.#show(file));
    store.on("edited", (sentence) => {
      clearTimeout(this.#hiding);
      this.#setWords(".opened", sentence ?? "");
      // cleared, so that the same sentence is news again
      if (sentence) this.#hiding = setTimeout(() => store.set("edited", null), SHOWN_MS);
    });
  }

  /** What the last saved file changed, until it is closed. @param {string} words */
  showNews(words) {
    this.#setWords(".news", words);
  }

  get #edit() {
    return part(this, `[data-act=${EDIT}]`);
  }

  async #openEditor() {
    try {
      await this.#app?.host.act(EDIT);
      this.#setProblem("edit", "");
    } catch (reason) {
      this.#setProblem("edit", errorMessage(reason));
    }
  }

  /** @param {StreamsFile | null} file */
  #show(file) {
    this.hidden = file === null;
    if (!file) return;
    setText(part(this, ".source .words"), fileWords(file, this.#app?.host.controls ?? false));
    const path = part(this, ".path");
    path.title = file.path;
    setText(part(path, "bdi"), file.short);
    this.#setProblem("file", file.problem ? fileProblemWords(file.problem) : "");
  }

  /**
   * @param {"file" | "edit"} of
   * @param {string} words
   */
  #setProblem(of, words) {
    this.#setWords(`.problem[data-of=${of}]`, words);
  }

  /**
   * @param {string} selector of the line
   * @param {string} words
   */
  #setWords(selector, words) {
    const line = part(this, selector);
    const text = part(line, ".words");
    const isNew = words !== "" && text.textContent !== words;
    line.hidden = words === "";
    setText(text, words);
    part(this, ".told").hidden = [...part(this, ".told").children].every(
      (child) => child instanceof HTMLElement && child.hidden,
    );
    if (isNew) announce(words);
  }
}

customElements.define("streams-file", StreamsFileLine);
