/**
 * Assembles the page: finds the host, fills the store, and connects every element to them. A
 * feature's own code belongs in its module, not here.
 *
 * @import { App } from "./types.js"
 */

import { ConnectionPlace } from "./connections/connection-place.js";
import { Deeds } from "./breaks/deeds.js";
import { ConnectionTable } from "./connections/connection-table.js";
import { FaultsPlace } from "./faults/faults-place.js";
import { KeysDialog } from "./frame/keys-dialog.js";
import { LabPlace } from "./lab/lab-place.js";
import { NoticeLine } from "./frame/notice-line.js";
import { PlaceTabs } from "./frame/place-tabs.js";
import { PortDialog } from "./frame/port-dialog.js";
import { StatusBar } from "./frame/status-bar.js";
import { Store } from "./store.js";
import { StreamsPlace } from "./streams/streams-place.js";
import { TokenDialog } from "./frame/token-dialog.js";
import { WatchPlace } from "./watch/watch-place.js";
import { findHost } from "./host/host.js";
import { listen } from "./frame/shortcuts.js";
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
  deeds: new Deeds(host, store),
  askPort: () => portDialog.ask(),
  askToken: () => tokenDialog.ask(),
  showFaults: () => tabs.visit("faults"),
  showConnection: (id) => {
    tabs.visit("connections");
    connectionPlace.show(id);
  },
};

document.documentElement.dataset.host = host.controls ? "window" : "web";
// before that, no element knows its height: showing it would move what is below it
store.on("whole", () => document.documentElement.toggleAttribute("data-whole", true));
const portDialog = connected(PortDialog, "port-dialog");
const tokenDialog = connected(TokenDialog, "token-dialog");
connected(StatusBar, "status-bar");
connected(NoticeLine, "notice-line");
const keysDialog = connected(KeysDialog, "keys-dialog");
const tabs = connected(PlaceTabs, "place-tabs");
connected(ConnectionTable, "connection-table");
const connectionPlace = connected(ConnectionPlace, "connection-place");
const streamsPlace = connected(StreamsPlace, "streams-place");
const faultsPlace = connected(FaultsPlace, "faults-place");
const watchPlace = connected(WatchPlace, "watch-place");
const labPlace = connected(LabPlace, "lab-place");
/**
 * The places, each with a field that a key finds.
 *
 * @type {Record<string, { find(): void }>}
 */
const places = {
  streams: streamsPlace,
  connections: connectionPlace,
  faults: faultsPlace,
  watch: watchPlace,
  lab: labPlace,
};

/** @param {string} command of the keys or the menu */
function perform(command) {
  if (command === "keys") keysDialog.show();
  else if (command === "find") places[tabs.place]?.find();
  else tabs.visit(command);
}

part(document, "place-tabs [data-act=keys]").addEventListener("click", () => perform("keys"));
listen(perform);
// what an editor opened is said where definitions are
store.on("edited", (sentence) => {
  if (sentence) tabs.visit("streams");
});
// in the browser's back-forward cache a page would keep its connections, and there are only six
window.addEventListener("pagehide", () => streamsPlace.close());
host.watch(store, { askPort: app.askPort, perform }, app.underWay);
