/**
 * <token-dialog>: asks in a browser for the token that the server wants. EventSource cannot set a
 * header, so the token goes into a cookie of this host.
 *
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { errorMessage } from "../parts/error-message.js";
import { USE, isToken } from "./token-words.js";
import { markup, part } from "../parts/dom.js";

const newDialog = markup(`
  <dialog aria-labelledby="token-title">
    <form novalidate>
      <h2 class="title" id="token-title">Token</h2>
      <p class="field">
        <label for="token-field">Token</label>
        <input id="token-field" name="token" type="password" autocomplete="off"
          spellcheck="false" maxlength="256" aria-describedby="token-use token-message">
      </p>
      <p class="quiet" id="token-use">${USE}</p>
      <p class="message" id="token-message" role="alert"></p>
      <p class="buttons">
        <button type="button" data-act="cancel">Cancel</button>
        <button type="submit" class="primary" data-act="apply">Use this token</button>
      </p>
    </form>
  </dialog>`);

export class TokenDialog extends HTMLElement {
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
    part(this, "[data-act=cancel]").addEventListener("click", () => this.#close());
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (part(this, "input"));
  }

  ask() {
    if (this.#dialog.open) return;
    this.#showMessage("");
    this.#dialog.showModal();
    this.#input.focus();
  }

  #close() {
    this.#input.value = "";
    this.#dialog.close();
  }

  /** @param {string} message */
  #showMessage(message) {
    part(this, ".message").textContent = message;
    this.#input.ariaInvalid = message ? "true" : null;
  }

  async #apply() {
    const token = this.#input.value.trim();
    if (token !== "" && !isToken(token)) {
      this.#showMessage("A token has at least 16 letters, digits or -._~+/=: copy it whole.");
      this.#input.focus();
      return;
    }
    try {
      await this.#app?.host.useToken(token);
      this.#close();
      announce(token === "" ? "No token is sent" : "The token is sent from now on");
    } catch (reason) {
      this.#showMessage(errorMessage(reason));
      this.#input.focus();
    }
  }
}

customElements.define("token-dialog", TokenDialog);
