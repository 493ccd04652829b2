/**
 * <upstream-list>: to which server each room hands on what it does not answer itself, and a dialog
 * that sets one. The server checks what is entered.
 *
 * @import { UpstreamView } from "../server.js"
 * @import { App } from "../types.js"
 */

import { markup, part, setText } from "../parts/dom.js";
import { errorMessage } from "../parts/error-message.js";
import { roomPath, typedRoom } from "./upstream-words.js";

const newList = markup(`
  <header>
    <h2 class="meta" id="upstreams-title">Upstreams</h2>
    <button type="button" class="small" data-act="add">Upstream…</button>
  </header>
  <p class="none">None. A room with an upstream hands on what it does not answer itself, so that
    faults strike the streams of a real server.</p>
  <ul></ul>
  <p class="problem" role="alert" hidden></p>
  <dialog aria-labelledby="upstream-title">
    <form novalidate>
      <h2 class="title" id="upstream-title">Upstream</h2>
      <p class="field">
        <label for="upstream-room">Room</label>
        <span class="quiet">/@</span
          ><input id="upstream-room" name="room" autocomplete="off" autocapitalize="off"
            spellcheck="false" maxlength="64" aria-describedby="upstream-note">
      </p>
      <p class="field">
        <label for="upstream-url">Hands on to</label>
        <input id="upstream-url" name="url" autocomplete="off" autocapitalize="off"
          spellcheck="false" maxlength="2048" placeholder="https://api.example.com"
          aria-describedby="upstream-message">
      </p>
      <p class="quiet" id="upstream-note">Without a room the whole port is handed on.</p>
      <p class="message" id="upstream-message" role="alert"></p>
      <p class="buttons">
        <button type="button" data-act="cancel">Cancel</button>
        <button type="submit" class="primary" data-act="apply">Set</button>
      </p>
    </form>
  </dialog>`);

const newLine = markup(
  `<li><code class="room"></code> <span class="quiet">hands on to</span> <code class="url"></code>
    <button type="button" class="small" data-act="edit">Upstream…</button>
    <button type="button" class="small" data-act="remove">Remove</button></li>`,
);

/** The name that a new room is offered. */
const FIRST_ROOM = "live";

export class UpstreamList extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {UpstreamView[]} */
  #upstreams = [];

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.append(newList());
    part(this, "[data-act=add]").addEventListener("click", () => this.#show(FIRST_ROOM, ""));
    part(this, "[data-act=cancel]").addEventListener("click", () => this.#dialog.close());
    part(this, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#apply();
    });
    part(this, "ul").addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      const line = button?.closest("li");
      if (!button || !line) return;
      const upstream = this.#upstreams[[...(line.parentElement?.children ?? [])].indexOf(line)];
      if (!upstream) return;
      if (button.dataset.act === "edit") this.#show(upstream.room ?? "", upstream.url);
      else this.#set(upstream.room, null, ".problem");
    });
    app.store.on("whole", () => this.#load());
    // a file that was saved may have others
    app.store.on("streams_file", () => this.#load());
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }

  /** @param {string} name */
  #input(name) {
    return /** @type {HTMLInputElement} */ (part(this, `input[name=${name}]`));
  }

  /**
   * @param {string} room
   * @param {string} url
   */
  #show(room, url) {
    this.#input("room").value = room;
    this.#input("url").value = url;
    setText(part(this, ".message"), "");
    this.#dialog.showModal();
    this.#input("url").select();
  }

  async #apply() {
    const room = typedRoom(this.#input("room").value);
    const url = this.#input("url").value.trim();
    if (await this.#set(room, url, ".message")) this.#dialog.close();
  }

  /**
   * @param {string | null} room
   * @param {string | null} url
   * @param {string} place where a mistake is told
   */
  async #set(room, url, place) {
    const message = part(this, place);
    try {
      await this.#app?.host.setUpstream(room, url);
      message.hidden = place === ".problem";
      setText(message, "");
    } catch (reason) {
      message.hidden = false;
      setText(message, errorMessage(reason));
      return false;
    }
    await this.#load();
    return true;
  }

  async #load() {
    try {
      this.#upstreams = (await this.#app?.host.upstreams()) ?? [];
    } catch {
      // The next look may find the server.
      return;
    }
    part(this, ".none").hidden = this.#upstreams.length > 0;
    part(this, "ul").replaceChildren(
      ...this.#upstreams.map(({ room, url }) => {
        const line = newLine();
        setText(part(line, ".room"), roomPath(room));
        setText(part(line, ".url"), url);
        part(line, "[data-act=remove]").ariaLabel = `Remove the upstream of ${roomPath(room)}`;
        part(line, "[data-act=edit]").ariaLabel = `Change the upstream of ${roomPath(room)}`;
        return line;
      }),
    );
  }
}

customElements.define("upstream-list", UpstreamList);
