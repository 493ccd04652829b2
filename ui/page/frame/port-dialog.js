/**
 * <port-dialog>: asks for the port in the window, and explains what is wrong with the one entered.
 *
 * @import { Phase } from "../server.js"
 * @import { App } from "../types.js"
 */

import { markup, part } from "../parts/dom.js";
import { errorMessage } from "../parts/error-message.js";

const newDialog = markup(`
  <dialog aria-labelledby="port-title">
    <form novalidate>
      <h2 class="title" id="port-title">Port</h2>
      <p class="field">
        <label for="port-field">Serve on</label>
        <span class="quiet">http://localhost:</span
          ><input id="port-field" name="port" inputmode="numeric" autocomplete="off"
            spellcheck="false" maxlength="5" aria-describedby="port-message">
      </p>
      <p class="message" id="port-message" role="alert"></p>
      <p class="buttons">
        <button type="button" data-act="cancel">Cancel</button>
        <button type="submit" class="primary" data-act="apply">Use this port</button>
      </p>
    </form>
  </dialog>`);

/** @type {Record<Phase, string>} */
const APPLY_WORDS = {
  running: "Restart on this port",
  failed: "Start on this port",
  stopped: "Use this port",
  starting: "Use this port",
  stopping: "Use this port",
};

/**
 * @param {string} text
 * @returns {number | null} null when it is no port
 */
export function parsePort(text) {
  const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : null;
}

export class PortDialog extends HTMLElement {
  /** @type {App | null} */
  #app = null;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.append(newDialog());
    part(this, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#apply();
    });
    part(this, "[data-act=cancel]").addEventListener("click", () => this.#dialog.close());
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }

  ask() {
    if (!this.#app || this.#dialog.open) return;
    const status = this.#app.store.get("status");
    const input = this.#input;
    input.value = String(status?.error?.next_free ?? status?.port ?? "");
    this.#showMessage("");
    part(this, "[data-act=apply]").textContent = APPLY_WORDS[status?.phase ?? "stopped"];
    this.#dialog.showModal();
    input.select();
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (part(this, "input"));
  }

  /** @param {string} message */
  #showMessage(message) {
    part(this, ".message").textContent = message;
    this.#input.ariaInvalid = message ? "true" : null;
  }

  async #apply() {
    const app = /** @type {App} */ (this.#app);
    const port = parsePort(this.#input.value);
    if (port === null) {
      this.#showMessage("That is not a port: enter a whole number from 1 to 65535.");
      this.#input.focus();
      return;
    }
    const phase = app.store.get("status")?.phase;
    try {
      // a server that was stopped on purpose stays stopped
      await app.host.usePort(port, phase === "running" || phase === "failed");
      this.#dialog.close();
    } catch (reason) {
      this.#showMessage(errorMessage(reason));
      this.#input.focus();
    }
  }
}

customElements.define("port-dialog", PortDialog);
