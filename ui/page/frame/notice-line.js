/**
 * <notice-line>: one sentence that the shell has for the person, such as settings that were set
 * aside. It stays until it is dismissed.
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
      // it goes from the page whatever the shell makes of it; the shell forgets it for next time
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
