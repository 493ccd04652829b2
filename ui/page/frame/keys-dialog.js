/**
 * <keys-dialog>: the most useful keys of the page, and those of the native menu, if any; below
 * them, what the signs of the timeline mean.
 *
 * @import { Action } from "../server.js"
 * @import { App } from "../types.js"
 */

import { keyGroups } from "./key-groups.js";
import { markup, part } from "../parts/dom.js";
import { newLegend } from "../timeline/timeline-legend.js";
import { onMac, shownKeys } from "../parts/keys.js";

const newDialog = markup(`
  <dialog aria-labelledby="keys-title">
    <h2 class="title" id="keys-title">Keys</h2>
    <div class="groups"></div>
    <p class="buttons"><button type="button" data-act="close">Close</button></p>
  </dialog>`);

export class KeysDialog extends HTMLElement {
  /** @type {App | null} */
  #app = null;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.append(newDialog());
    part(this, "[data-act=close]").addEventListener("click", () => this.#dialog.close());
    // a press beside it closes it, as Esc does
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    });
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }

  show() {
    if (this.#dialog.open) return;
    const groups = keyGroups(this.#app?.host.controls ?? false);
    const known = groups.flatMap(([, keys]) => keys.flatMap(([names]) => names));
    const actions = (this.#app?.store.get("actions") ?? []).filter(
      ({ accelerator }) => accelerator && !known.includes(accelerator),
    );
    part(this, ".groups").replaceChildren(
      ...groups.map(([title, keys]) => newGroup(title, keys)),
      ...(actions.length > 0 ? [newGroup("Menu", actions.map(menuKey))] : []),
      newLegend(),
    );
    this.#dialog.showModal();
    // the button has the focus, and stands at the end
    this.#dialog.scrollTop = 0;
  }
}

/**
 * @param {Action} action
 * @returns {[string[], string]}
 */
const menuKey = ({ accelerator, label }) => [[accelerator ?? ""], label.replace("…", "")];

/**
 * @param {string} title
 * @param {[string[], string][]} keys
 */
function newGroup(title, keys) {
  const group = document.createElement("section");
  const head = document.createElement("h3");
  head.className = "meta";
  head.textContent = title;
  const list = document.createElement("dl");
  for (const [names, words] of keys) {
    const term = document.createElement("dt");
    for (const name of names) {
      const key = document.createElement("kbd");
      key.textContent = shownKeys(name, onMac());
      term.append(key, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = words;
    list.append(term, meaning);
  }
  group.append(head, list);
  return group;
}

customElements.define("keys-dialog", KeysDialog);
