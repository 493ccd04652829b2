/**
 * <status-bar>: the server's state in words, colour and shape, its address, and its switch. The bar
 * is the same in every state; in a browser it lacks what only the window can do.
 *
 * @import { Status } from "../server.js"
 * @import { Act, App } from "../types.js"
 */

import { DropMenu } from "../parts/drop-menu.js";
import { PHASE_WORDS, armedWords, isOfPort, portFaultWords } from "../parts/words.js";
import { announce } from "../parts/announce.js";
import { ariaShortcut, onMac, withAccelerator } from "../parts/keys.js";
import { copyOnClick } from "../parts/copy-button.js";
import { icon, newIcon } from "../parts/icons.js";
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
  <span class="port-fault" hidden><span class="text"></span>
    <button type="button" class="small" data-act="heal-port">Heal</button></span>
  <span class="end"><button type="button" class="token" data-act="token" hidden
    title="Give the token that this server wants">Token…</button><button
    type="button" class="armed" data-act="faults"
    hidden>${icon("flag")}<span class="text"></span></button><span class="stopping"><button
    type="button" class="switch"></button><drop-menu></drop-menu></span></span>`);

/** What only the window can do. */
const CONTROLS = ".ways, .stopping, [data-act=heal-port]";

/**
 * The other ways to stop, and what each does. The menu has them in title case.
 *
 * @type {Record<string, { label: string, note: string }>}
 */
const OTHER_WAYS = {
  "stop-abruptly": {
    label: "Stop server abruptly",
    note: "Every stream is cut, without its last chunk.",
  },
  refuse: {
    label: "Refuse connections for a minute",
    note: "Nobody is listened to. What is open goes on.",
  },
  knock: {
    label: "Reset new connections for a minute",
    note: "Whoever connects is reset and counted. What is open goes on.",
  },
};

const TICK_MS = 250;

export class StatusBar extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** Why the last click on this bar failed. */
  #problem = "";
  /** When the faults were reported, on the clock of `performance`. */
  #faultsAt = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

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
      this.#on("heal-port", async () => this.#healPort());
      part(this, ".switch").addEventListener("click", () => this.#switch());
      const look = { label: "Other ways to stop", icon: newIcon("more") };
      this.#otherWays.connect(look, (id) => this.#try(() => host.act(/** @type {Act} */ (id))));
    } else {
      for (const control of this.querySelectorAll(CONTROLS)) control.remove();
    }
    this.#on("token", async () => app.askToken());
    store.on("tokens", ({ publish, subscribe }) => {
      this.#button("token").hidden = host.controls || !(publish || subscribe);
    });
    part(this, ".armed").addEventListener("click", () => app.showFaults());
    store.on("faults", (faults) => {
      this.#faultsAt = performance.now();
      this.#showArmed(faults.length);
      this.#showPortFault();
    });
    store.on("status", () => {
      this.#problem = "";
      this.#show();
    });
    store.on("unreachable", () => this.#show());
    store.on("actions", () => this.#show());
  }

  get #otherWays() {
    return /** @type {DropMenu} */ (part(this, "drop-menu"));
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

  /** The faults that strike whoever connects, with their words. */
  get #portFaults() {
    const passed = performance.now() - this.#faultsAt;
    const faults = this.#app?.store.get("faults") ?? [];
    const told = faults.map((fault) => ({ fault, words: portFaultWords(fault, passed) }));
    return told.filter(({ words }) => words !== "");
  }

  /** While one is in force, the API is not reached: this line and its button stand for it. */
  #showPortFault() {
    const line = part(this, ".port-fault");
    const words = this.#portFaults.at(-1)?.words ?? "";
    const appears = line.hidden && words !== "";
    line.hidden = words === "";
    setText(part(line, ".text"), words);
    clearInterval(this.#ticking);
    // one that is yet to begin is waited for
    if (this.#app?.store.get("faults")?.some(isOfPort)) {
      this.#ticking = setInterval(() => this.#showPortFault(), TICK_MS);
    }
    if (appears) announce(words);
  }

  async #healPort() {
    for (const { fault } of this.#portFaults) await this.#app?.host.heal(fault.id);
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
    const others = actions.filter(({ id }) => id in OTHER_WAYS);
    this.#otherWays.hidden = act !== "stop";
    this.#otherWays.show(
      others.map(({ id, enabled }) => ({
        id,
        label: OTHER_WAYS[id]?.label ?? id,
        note: OTHER_WAYS[id]?.note,
        disabled: !enabled,
      })),
    );
  }
}

customElements.define("status-bar", StatusBar);
