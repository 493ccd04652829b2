/**
 * Wires the page: finds the host, fills the store, and gives every element what it needs. What a feature does
 * stands in its own module; nothing but the wiring belongs here.
 *
 * @import { App, StreamInfo } from "./types.js"
 */

import { ConnectApp } from "./connect-app.js";
import { ConnectionTable } from "./connection-table.js";
import { NoticeLine } from "./notice-line.js";
import { PlaceTabs } from "./place-tabs.js";
import { PortDialog } from "./port-dialog.js";
import { StatusBar } from "./status-bar.js";
import { Store } from "./store.js";
import { StreamPanel } from "./stream-panel.js";
import { TopicPlace } from "./topic-place.js";
import { findHost } from "./host.js";
import { part } from "./dom.js";
import { streamSubject } from "./subject.js";

/**
 * @template {HTMLElement & { wire(app: App): void }} T
 * @param {new () => T} element
 * @param {string} selector
 * @returns {T}
 */
function wired(element, selector) {
  const found = part(document, selector);
  if (!(found instanceof element)) throw new Error(`${selector} is not what the page expects`);
  found.wire(app);
  return found;
}

/**
 * A panel for each stream of the server's list. A panel whose stream is still there stays as it is, with what
 * it has received; one whose stream is gone closes it.
 *
 * @param {StreamInfo[]} streams
 */
function showPanels(streams) {
  const place = part(document, "#panels");
  const wanted = streams.map((info) => ({ info, key: JSON.stringify(info) }));
  for (const [key, panel] of panels) {
    if (wanted.some((stream) => stream.key === key)) continue;
    panel.discard();
    panels.delete(key);
  }
  wanted.forEach(({ info, key }, index) => {
    const panel = panels.get(key) ?? new StreamPanel(app, streamSubject(info));
    panels.set(key, panel);
    if (place.children[index] !== panel) place.insertBefore(panel, place.children[index] ?? null);
  });
}

/** @type {Map<string, StreamPanel>} */
const panels = new Map();
const host = findHost();
const store = new Store();
/** @type {App} */
const app = { host, store, ownTags: new Set(), askPort: () => portDialog.ask() };

document.documentElement.dataset.host = host.controls ? "window" : "web";
const portDialog = wired(PortDialog, "port-dialog");
wired(StatusBar, "status-bar");
wired(NoticeLine, "notice-line");
wired(PlaceTabs, "place-tabs");
wired(ConnectionTable, "connection-table");
wired(ConnectApp, "connect-app");
const topicPlace = wired(TopicPlace, "topic-place");
store.on("streams", showPanels);

// a page kept in the browser's back-forward cache would hold its connections, of which there are six
window.addEventListener("pagehide", () => {
  for (const panel of panels.values()) panel.close();
  topicPlace.close();
});
host.watch(store, app.askPort);
