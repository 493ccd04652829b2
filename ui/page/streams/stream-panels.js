/**
 * <stream-panels>: a panel for each stream of the server's list, in its order. The list may change
 * while the page is open. The panel of a stream that stays is updated, and keeps its events and its
 * connection. The panel of a removed stream is closed.
 *
 * @import { StreamInfo } from "../server.js"
 * @import { App } from "../types.js"
 */

import { StreamPanel } from "../panel/stream-panel.js";
import { TAKEN_OUT } from "../parts/words.js";
import { WirePreview } from "../panel/wire-preview.js";
import { nextStaying } from "../parts/keys.js";
import { streamFeed } from "./stream-feed.js";

/** @typedef {{ panel: StreamPanel, preview: WirePreview, info: string }} Shown */

export class StreamPanels extends HTMLElement {
  /** @type {Map<string, Shown>} by the path, which identifies a stream */
  #shown = new Map();

  /** @param {App} app */
  connect(app) {
    app.store.on("streams", (streams) => this.#show(app, streams));
    // a changed file may change a stream's bytes without a change in the list
    app.store.on("streams_file", () => {
      for (const { preview } of this.#shown.values()) preview.refresh();
    });
  }

  /** Closes all connections. */
  close() {
    for (const { panel } of this.#shown.values()) panel.close();
  }

  /**
   * @param {App} app
   * @param {StreamInfo[]} streams
   */
  #show(app, streams) {
    const before = [...this.children];
    const focused = document.activeElement;
    const paths = new Set(streams.map(({ path }) => path));
    for (const [path, { panel, preview }] of this.#shown) {
      if (paths.has(path)) continue;
      preview.discard();
      panel.discard(TAKEN_OUT);
      this.#shown.delete(path);
    }
    streams.forEach((info, index) => {
      const { panel } = this.#updated(info) ?? this.#added(app, info);
      if (this.children[index] !== panel) this.insertBefore(panel, this.children[index] ?? null);
    });
    if (focused instanceof HTMLElement) this.#keepFocus(focused, before);
  }

  /**
   * Restores the focus, which a panel loses when it is removed or moved.
   *
   * @param {HTMLElement} focused the element that had it
   * @param {Element[]} before the panels at that time
   */
  #keepFocus(focused, before) {
    const at = before.findIndex((panel) => panel.contains(focused));
    if (at < 0 || document.activeElement === focused) return;
    if (focused.isConnected) {
      focused.focus({ preventScroll: true });
      return;
    }
    const next = nextStaying(before, at, (panel) => panel.isConnected) ?? this.firstElementChild;
    if (next instanceof StreamPanel) next.focus();
  }

  /** @param {StreamInfo} info */
  #updated(info) {
    const shown = this.#shown.get(info.path);
    const now = JSON.stringify(info);
    if (shown && shown.info !== now) {
      shown.info = now;
      shown.panel.update(streamFeed(info));
    }
    return shown;
  }

  /**
   * @param {App} app
   * @param {StreamInfo} info
   */
  #added(app, info) {
    const preview = new WirePreview(app, info.path);
    const shown = {
      panel: new StreamPanel(app, streamFeed(info), { preview }),
      preview,
      info: JSON.stringify(info),
    };
    this.#shown.set(info.path, shown);
    return shown;
  }
}

customElements.define("stream-panels", StreamPanels);
