// A topic with better-sse: a channel of sessions.
// usage: node server.mjs PORT

import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";

const channel = createChannel();
let count = 0;
let kept;

async function subscribe(request, response, url) {
  // Data is text already.
  const session = await createSession(request, response, { serializer: String });
  if (kept && url.searchParams.has("lastEventId")) session.push(kept.data, "message", kept.id);
  channel.register(session);
}

async function publish(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  count += 1;
  kept = { id: String(count), data: Buffer.concat(chunks).toString() };
  channel.broadcast(kept.data, "message", { eventId: kept.id });
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ id: kept.id, events: 1, subscribers: channel.sessionCount }));
}

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname !== "/topics/bench") return response.writeHead(404).end();
  return request.method === "POST" ? publish(request, response) : subscribe(request, response, url);
});
server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
