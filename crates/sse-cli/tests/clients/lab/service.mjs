// A test service as sse-contract-tests has them, around a client of npm with the interface of
// browsers. It prints its port.
//
// usage: service.mjs FOLDER_OF_NODE_MODULES CLIENT

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, client] = process.argv.slice(2);
const { resolve } = createRequire(pathToFileURL(`${folder}/`));
const { EventSource } = await import(pathToFileURL(resolve(client)));

const streams = new Map();

function begin({ streamUrl, callbackUrl }) {
  let count = 0;
  const post = (message) =>
    fetch(`${callbackUrl}/${++count}`, { method: "POST", body: JSON.stringify(message) }).catch(() => {});
  const show = ({ type, data, lastEventId }) =>
    post({ kind: "event", event: { type, data, id: lastEventId } });
  const source = new EventSource(streamUrl);
  source.onmessage = show;
  source.onerror = ({ message }) => post({ kind: "error", error: message });
  return { source, show };
}

const server = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  const { method, url } = request;
  if (method === "GET") return response.end('{"capabilities":["event-type-listeners"]}');
  if (method === "DELETE") {
    streams.get(url).source.close();
    return response.end();
  }
  const message = JSON.parse(body);
  if (url !== "/") {
    const { source, show } = streams.get(url);
    source.addEventListener(message.listen.type, show);
    return response.end();
  }
  const place = `/streams/${streams.size + 1}`;
  streams.set(place, begin(message));
  response.writeHead(201, { location: place }).end();
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
