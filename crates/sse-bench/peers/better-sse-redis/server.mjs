// A topic with better-sse over many nodes: each node has a channel of sessions, and Redis hands what
// one publishes to all.
// usage: node server.mjs PORT REDIS_URL

import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";
import { Redis } from "ioredis";

const [port, url] = process.argv.slice(2);
const publisher = new Redis(url);
// A connection that subscribes can do nothing else.
const subscriber = new Redis(url);

const channel = createChannel();
await subscriber.subscribe("bench");
subscriber.on("message", (_, text) => {
  const { id, data } = JSON.parse(text);
  channel.broadcast(data, "message", { eventId: id });
});

async function subscribe(request, response) {
  // Data is text already.
  channel.register(await createSession(request, response, { serializer: String }));
}

async function publish(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const id = String(await publisher.incr("bench:id"));
  await publisher.publish("bench", JSON.stringify({ id, data: Buffer.concat(chunks).toString() }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ id, events: 1, subscribers: channel.sessionCount }));
}

const server = createServer((request, response) => {
  if (request.url !== "/topics/bench") return response.writeHead(404).end();
  return request.method === "POST" ? publish(request, response) : subscribe(request, response);
});
server.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });
