// Connects a client of npm to a URL, in the few lines that its README shows. Nothing here helps it:
// what it makes of the answers is its own.
//
// usage: lab.mjs FOLDER_OF_NODE_MODULES CLIENT URL

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, client, url] = process.argv.slice(2);
// A module is looked for beside the file that asks, and this one has none beside it.
const { resolve } = createRequire(pathToFileURL(`${folder}/`));
const load = (name) => import(pathToFileURL(resolve(name)));

// As in a program that does something else too: while they wait, `eventsource` 5 and `undici` do not
// keep Node.js from ending.
setInterval(() => {}, 60_000);

if (client === "@microsoft/fetch-event-source") {
  // It is made for browsers. It needs their names for what Node.js has, and with `openWhenHidden` it
  // does not ask whether its page is shown.
  globalThis.window = globalThis;
  globalThis.document = { removeEventListener() {} };
  const { fetchEventSource } = await load(client);
  await fetchEventSource(url, { openWhenHidden: true, onmessage() {} });
} else {
  // `eventsource-4`, `eventsource-5`, `undici-7` and `undici-8` have the interface of browsers.
  const { EventSource } = await load(client);
  new EventSource(url).onmessage = () => {};
}
