/**
 * <status-bar>: the server's state in words, colour and shape, its address, and its switch. The bar
 * is the same in every state; in a browser it lacks what only the window can do.
 *
 * @import { Status } from "../server.js"
 * @import { App } from "../types.js"
 */

import { PHASE_WORDS, armedWords } from "../parts/words.js";
import { announce } from "../parts/announce.js";
import { ariaShortcut, onMac, withAccelerator } from "../parts/keys.js";
import { copyOnClick } from "../parts/copy-button.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { errorMessage } from "../parts/error-message.js";

const newBar = markup(`
  <p class="standing"><span class="shape" aria-hidden="true"></span><span class="words"></span></p>
  <code class="url"></code>
  <span class="port quiet"></span>
  <span class="address">
    <button type="button" class="tool" data-act="copy-url" title="Copy the address"
      aria-label="Copy the address">${icon("copy")}</button>
    <button type="button" class="tool" data-act="open" title="Open in the browser"
      aria-label="Open in the browser">${icon("open")}</button>
  </span>
  <p class="message"></p>
  <span class="ways">
    <button type="button" data-act="retry">Retry</button>
    <button type="button" data-act="next-free"></button>
    <button type="button" data-act="port"></button>
  </span>
  <button type="button" class="armed" data-act="faults" hidden>${icon("flag")}<span
    class="text"></span></button>
  <button type="button" class="switch"></button>`);

/** What only the window can do. */
const CONTROLS = ".ways, .switch";

export class StatusBar extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** Why the last click on this bar failed. */
  #problem = "";

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    const { host, store } = app;
    this.append(newBar());
    copyOnClick(this.#button("copy-url"), host, () => store.get("status")?.url ?? "");
    this.#on("open", () => host.open(store.get("status")?.url ?? ""));
    if (host.controls) {
      this.#on("retry", () => host.act("start"));
      this.#on("next-free", () => this.#useNextFree());
      this.#on("port", async () => app.askPort());
      part(this, ".switch").addEventListener("click", () => this.#switch());
    } else {
      for (const control of this.querySelectorAll(CONTROLS)) control.remove();
    }
    part(this, ".armed").addEventListener("click", () => app.showFaults());
    store.on("faults", ({ length: armed }) => this.#showArmed(armed));
    store.on("status", () => {
      this.#problem = "";
      this.#show();
    });
    store.on("unreachable", () => this.#show());
    store.on("actions", () => this.#show());
  }

  /** @param {string} act */
  #button(act) {
    return /** @type {HTMLButtonElement} */ (part(this, `[data-act=${act}]`));
  }

  /**
   * @param {string} act
   * @param {() => Promise<void>} handle
   */
  #on(act, handle) {
    this.#button(act).addEventListener("click", () => this.#try(handle));
  }

  /** @param {() => Promise<void>} handle */
  async #try(handle) {
    this.#problem = "";
    try {
      await handle();
    } catch (reason) {
      this.#problem = errorMessage(reason);
      announce(this.#problem);
    }
    this.#show();
  }

  async #useNextFree() {
    const free = this.#app?.store.get("status")?.error?.next_free;
    if (free) await this.#app?.host.usePort(free, true);
  }

  /** One button for both, so that the focus stays on it while the server changes. */
  #switch() {
    const act = part(this, ".switch").dataset.act;
    if (act !== "start" && act !== "stop") return;
    if (part(this, ".switch").ariaDisabled) return;
    this.#try(async () => this.#app?.host.act(act));
  }

  #show() {
    const { store, host } = /** @type {App} */ (this.#app);
    const status = store.get("status");
    const unreachable = store.get("unreachable") ?? null;
    if (!status && !unreachable) return;
    const phase = unreachable ? "unreachable" : (status?.phase ?? "unreachable");
    const changed = this.dataset.phase !== phase;
    this.dataset.phase = phase;
    const url = phase === "running" ? (status?.url ?? "") : "";
    setText(part(this, ".words"), PHASE_WORDS[phase]);
    setText(part(this, ".url"), url);
    setText(
      part(this, ".port"),
      phase === "starting" || phase === "stopping" ? `port ${status?.port}` : "",
    );
    part(this, ".address").hidden = url === "";
    this.#setMessage(unreachable ?? (phase === "failed" ? status?.error?.message : null) ?? "");
    if (host.controls && status) this.#showControls(status);
    if (changed) {
      announce(["Server", PHASE_WORDS[phase], url || part(this, ".message").textContent].join(" "));
    }
  }

  /** @param {number} armed */
  #showArmed(armed) {
    const words = armed > 0 ? armedWords(armed) : "";
    const button = part(this, ".armed");
    const changed = part(button, ".text").textContent !== words;
    button.hidden = armed === 0;
    button.title = armed > 0 ? "Show what is armed" : "";
    setText(part(button, ".text"), words);
    // the native title says the same
    document.title = [words, "SSE Workbench"].filter(Boolean).join(", ");
    if (changed) announce(words || "Nothing is armed");
  }

  /** @param {string} message */
  #setMessage(message) {
    const shown = this.#problem || message;
    const line = part(this, ".message");
    setText(line, shown);
    line.title = shown;
  }

  /** @param {Status} status */
  #showControls({ phase, port, error }) {
    const failed = phase === "failed";
    const hadFocus = this.contains(document.activeElement);
    const ways = part(this, ".ways");
    ways.hidden = !failed && phase !== "stopped";
    this.#button("retry").hidden = !failed;
    setText(this.#button("port"), failed ? "Choose port…" : `Port ${port}…`);
    const nextFree = this.#button("next-free");
    nextFree.hidden = !failed || !error?.next_free;
    setText(nextFree, error?.next_free ? `Use ${error.next_free}` : "");
    nextFree.classList.toggle("primary", !nextFree.hidden);
    this.#button("retry").classList.toggle("primary", nextFree.hidden);
    this.#showSwitch(phase, failed);
    // the element with the focus may just have been hidden
    if (
      hadFocus &&
      (document.activeElement === document.body || document.activeElement?.closest("[hidden]"))
    ) {
      (failed ? this.#button("retry") : part(this, ".switch")).focus();
    }
  }

  /**
   * @param {Status["phase"]} phase
   * @param {boolean} hidden
   */
  #showSwitch(phase, hidden) {
    const actions = this.#app?.store.get("actions") ?? [];
    const control = part(this, ".switch");
    const act = phase === "stopped" || phase === "failed" ? "start" : "stop";
    const action = actions.find(({ id }) => id === act);
    control.hidden = hidden;
    control.dataset.act = act;
    control.classList.toggle("primary", act === "start");
    const words = act === "start" ? "Start server" : "Stop server";
    setText(control, words);
    control.title = withAccelerator(words, action, onMac());
    const shortcut = ariaShortcut(action, onMac());
    if (shortcut) control.setAttribute("aria-keyshortcuts", shortcut);
    else control.removeAttribute("aria-keyshortcuts");
    // not `disabled`: the focus stays where it is until the server has stopped
    control.ariaDisabled = action && !action.enabled ? "true" : null;
  }
}

customElements.define("status-bar", StatusBar);
