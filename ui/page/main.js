/**
 * Assembles the page: finds the host, fills the store, and connects every element to them. A
 * feature's own code belongs in its module, not here.
 *
 * @import { App } from "./types.js"
 */

import { Deeds } from "./breaks/deeds.js";
import { KeysDialog } from "./frame/keys-dialog.js";
import { NoticeLine } from "./frame/notice-line.js";
import { PlaceTabs } from "./frame/place-tabs.js";
import { PortDialog } from "./frame/port-dialog.js";
import { StatusBar } from "./frame/status-bar.js";
import { Store } from "./store.js";
import { StreamsPlace } from "./streams/streams-place.js";
import { TokenDialog } from "./frame/token-dialog.js";
import { findHost } from "./host/host.js";
import { listen } from "./frame/shortcuts.js";
import { nextFrame } from "./parts/next-frame.js";
import { connected, part } from "./parts/dom.js";

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
    others.then(({ connections }) => connections.show(id));
  },
};

document.documentElement.dataset.host = host.controls ? "window" : "web";
// before that, no element knows its height: showing it would move what is below it
store.on("whole", () => document.documentElement.toggleAttribute("data-whole", true));
const portDialog = connected(PortDialog, "port-dialog", app);
const tokenDialog = connected(TokenDialog, "token-dialog", app);
connected(StatusBar, "status-bar", app);
connected(NoticeLine, "notice-line", app);
const keysDialog = connected(KeysDialog, "keys-dialog", app);
const tabs = connected(PlaceTabs, "place-tabs", app);
const streamsPlace = connected(StreamsPlace, "streams-place", app);
/**
 * The places, each with a field that a key finds.
 *
 * @type {Record<string, { find(): void }>}
 */
const places = { streams: streamsPlace };
// the server may be back before a browser says that the fetch failed
let wasAway = false;
store.on("unreachable", (reason) => {
  wasAway ||= Boolean(reason);
});
const others = fetchOthers();
others.then((found) => Object.assign(places, found), loadAnewWhenBack);

/** The places that nobody sees at first come when the first is drawn, unless one is asked for. */
async function fetchOthers() {
  if (tabs.place === "streams") await firstLook();
  const { connectPlaces } = await import("./places.js");
  return connectPlaces(app);
}

/**
 * The server went in the very moment in which they were fetched. Most browsers do not fetch a
 * module again that failed once, so the page is loaded anew.
 */
function loadAnewWhenBack() {
  store.on("unreachable", (reason) => {
    if (wasAway && !reason) location.reload();
  });
}

/** Until the state is shown and drawn. @returns {Promise<void>} */
function firstLook() {
  return new Promise((resolve) => {
    store.on("whole", () => nextFrame(() => setTimeout(resolve)));
  });
}

/** @param {string} command of the keys or the menu */
function perform(command) {
  if (command === "keys") keysDialog.show();
  else if (command === "port") portDialog.ask();
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
host.watch(store, perform, app.underWay);
