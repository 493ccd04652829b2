/**
 * <notice-line>: one sentence of the app for the person, for example that unreadable settings were
 * set aside. It stays until it is dismissed.
 *
 * @import { App } from "../types.js"
 */

import { announce } from "../parts/announce.js";
import { markup, part, setText } from "../parts/dom.js";

const newLine = markup(`
  <p class="notice"></p>
  <button type="button" class="small" data-act="dismiss">Dismiss</button>`);

export class NoticeLine extends HTMLElement {
  /** @param {App} app */
  connect({ host, store }) {
    this.append(newLine());
    part(this, "[data-act=dismiss]").addEventListener("click", () => {
      // the page hides it even if the call fails; the app does not show it again
      store.set("notice", null);
      host.dismissNotice().catch(() => {});
    });
    store.on("notice", (notice) => {
      this.hidden = notice === null;
      setText(part(this, ".notice"), notice ?? "");
      if (notice) announce(notice);
    });
  }
}

customElements.define("notice-line", NoticeLine);
