/**
 * Puts the page together: finds the host, fills the store, and gives every element what it needs.
 * What a feature does stands in its own module; nothing but putting them together belongs here.
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
// until then nothing knows how much room it needs: it would push aside what stands beneath it
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

// a page kept in the browser's back-forward cache would hold its connections, of which there are
// six
window.addEventListener("pagehide", () => {
  streamPanels.close();
  topicPanels.close();
});
host.watch(store, app.askPort, app.underWay);
