/**
 * Assembles the page: finds the host, fills the store, and connects every element to them. A
 * feature's own code belongs in its module, not here.
 *
 * @import { App } from "./types.js"
 */

import { ConnectApp } from "./streams/connect-app.js";
import { ConnectionPlace } from "./connections/connection-place.js";
import { ConnectionTable } from "./connections/connection-table.js";
import { NoticeLine } from "./frame/notice-line.js";
import { PlaceTabs } from "./frame/place-tabs.js";
import { PortDialog } from "./frame/port-dialog.js";
import { StatusBar } from "./frame/status-bar.js";
import { Store } from "./store.js";
import { StreamPanels } from "./streams/stream-panels.js";
import { StreamsFileLine } from "./streams/streams-file.js";
import { TopicPanels } from "./topics/topic-panels.js";
import { findHost } from "./host/host.js";
import { part } from "./parts/dom.js";

/**
 * @template {HTMLElement & { connect(app: App): void }} T
 * @param {new () => T} element
 * @param {string} selector
 * @returns {T}
 */
function connected(element, selector) {
  const found = part(document, selector);
  if (!(found instanceof element)) throw new Error(`${selector} is not what the page expects`);
  found.connect(app);
  return found;
}

const host = findHost();
const store = new Store();
/** @type {App} */
const app = {
  host,
  store,
  ownTags: new Set(),
  underWay: new Set(),
  askPort: () => portDialog.ask(),
};

document.documentElement.dataset.host = host.controls ? "window" : "web";
// before that, no element knows its height: showing it would move what is below it
store.on("whole", () => document.documentElement.toggleAttribute("data-whole", true));
const portDialog = connected(PortDialog, "port-dialog");
connected(StatusBar, "status-bar");
connected(NoticeLine, "notice-line");
connected(PlaceTabs, "place-tabs");
connected(ConnectionTable, "connection-table");
connected(ConnectionPlace, "connection-place");
connected(ConnectApp, "connect-app");
connected(StreamsFileLine, "streams-file");
const streamPanels = connected(StreamPanels, "stream-panels");
const topicPanels = connected(TopicPanels, "topic-panels");

// in the browser's back-forward cache a page would keep its connections, and there are only six
window.addEventListener("pagehide", () => {
  streamPanels.close();
  topicPanels.close();
});
host.watch(store, app.askPort, app.underWay);
