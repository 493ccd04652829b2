/**
 * The places that nobody sees at first: Connections, Faults, Watch and Lab. They are more than half
 * of the page, so main.js fetches them when the streams are shown. index.html has their sheets.
 *
 * @import { App } from "./types.js"
 */

import { ConnectionPlace } from "./connections/connection-place.js";
import { ConnectionTable } from "./connections/connection-table.js";
import { FaultsPlace } from "./faults/faults-place.js";
import { LabPlace } from "./lab/lab-place.js";
import { WatchPlace } from "./watch/watch-place.js";
import { connected, part } from "./parts/dom.js";

/**
 * Connects them, styled.
 *
 * @param {App} app
 */
export async function connectPlaces(app) {
  await sheets();
  connected(ConnectionTable, "connection-table", app);
  const places = {
    connections: connected(ConnectionPlace, "connection-place", app),
    faults: connected(FaultsPlace, "faults-place", app),
    watch: connected(WatchPlace, "watch-place", app),
    lab: connected(LabPlace, "lab-place", app),
  };
  for (const place of Object.values(places)) place.parentElement?.removeAttribute("aria-busy");
  return places;
}

/** Puts the sheets behind those of the first look. A place without its sheet is still a place. */
function sheets() {
  const { content } = /** @type {HTMLTemplateElement} */ (part(document, "#sheets-of-places"));
  const links = [...content.children];
  const loaded = links.map(
    (link) =>
      new Promise((resolve) => {
        link.addEventListener("load", resolve);
        link.addEventListener("error", resolve);
      }),
  );
  document.head.append(...links);
  return Promise.all(loaded);
}
