// Lets the SDKs of npm read streams of examples/llm.toml that are broken on purpose, and prints what
// each did, as the table of docs/LLM.md.
//
// usage: sdks.mjs FOLDER_OF_NODE_MODULES http://localhost:8000 [http://localhost:8001]
//
// With a second server, that one serves the streams, and the first one breaks them on their way.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, server, upstream] = process.argv.slice(2);
// A module is looked for beside the file that asks, and this one has none beside it.
const { resolve } = createRequire(pathToFileURL(`${folder}/`));
const load = (name) => import(pathToFileURL(resolve(name)));
const { default: OpenAI } = await load("openai");
const { default: Anthropic } = await load("@anthropic-ai/sdk");
const { streamText } = await load("ai");
const { createOpenAI } = await load("@ai-sdk/openai");
const { createAnthropic } = await load("@ai-sdk/anthropic");

globalThis.AI_SDK_LOG_WARNINGS = false;
const messages = [{ role: "user", content: "hi" }];
// How long an SDK is to wait for a stream, and how long this script does, in ms: where nothing comes,
// and elsewhere.
const silence = { timeout: 1000, patience: 3000 };
const usual = { timeout: 60000, patience: 60000 };

const beside = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
// One a line, as in the table. What begins with a slash is a base with streams that are broken.
const rows = beside("faults.txt").trimEnd().split("\n");
const streams = beside("../../../../examples/llm.toml");

const apiKey = "none";

/** Each adds the pieces to `text`; the result is the reason for the end. */
async function readChat(base, timeout, text) {
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey, timeout });
  let reason;
  const stream = await client.chat.completions.create({ model: "m", messages, stream: true });
  for await (const { choices } of stream) {
    for (const { delta, finish_reason: end } of choices) {
      text.push(delta.content ?? "");
      reason = end ?? reason;
    }
  }
  return reason;
}

async function readResponses(base, timeout, text) {
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey, timeout });
  const stream = client.responses.stream({ model: "m", input: "hi" });
  for await (const { type, delta } of stream) {
    if (type === "response.output_text.delta") text.push(delta);
  }
  return (await stream.finalResponse()).status;
}

async function readMessages(base, timeout, text) {
  const client = new Anthropic({ baseURL: base, apiKey, timeout });
  const stream = client.messages.stream({ model: "m", max_tokens: 9, messages });
  stream.on("text", (delta) => text.push(delta));
  return (await stream.finalMessage()).stop_reason;
}

/** How the AI SDK reads with one of its providers. */
const ofAi = (model) => async (base, timeout, text) => {
  let reason;
  const { fullStream } = streamText({
    model: model(`${base}/v1`),
    messages,
    maxOutputTokens: 9,
    onError: () => {},
  });
  for await (const part of fullStream) {
    if (part.type === "text-delta") text.push(part.text);
    if (part.type === "error") throw part.error;
    if (part.type === "finish-step") reason = part.finishReason;
  }
  return reason;
};
const readAiChat = ofAi((baseURL) => createOpenAI({ baseURL, apiKey }).chat("m"));
const readAiResponses = ofAi((baseURL) => createOpenAI({ baseURL, apiKey }).responses("m"));
const readAiMessages = ofAi((baseURL) => createAnthropic({ baseURL, apiKey })("m"));

async function call(method, path, body) {
  const answer = await fetch(`${server}/api/${path}`, { method, body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
}

/** A pause in words; a busy machine makes it longer, and never shorter. */
function words(ms, row) {
  if (row.includes("retry-after=1")) return ms >= 1000 && ms < 5000 ? "1 s" : `${ms} ms`;
  return ms < 1900 ? "0.5 s" : ms >= 2000 && ms < 5000 ? "2 s" : `${ms} ms`;
}

/** How long the SDK waited before each request but its first, in words. */
async function pauses(room, seq, row) {
  const log = await call("GET", `log?room=${room}&after=${seq}`);
  const lines = log.trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line));
  const returned = entries.filter(({ kind }) => kind === "returned");
  const away = returned.map((entry) => words(entry.verdict.away_ms, row));
  return away.length ? `again after ${away.join(" and ")}: ` : "";
}

/** How a read ended, in words, or that it did not. */
async function ended(reads, patience) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, patience, "waits on");
  });
  const end = reads.then(
    (reason) => `\`${reason}\``,
    (error) => `raised \`${error.constructor.name}\``,
  );
  try {
    return await Promise.race([end, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What one SDK did with each row. */
async function column([name, read]) {
  if (upstream) {
    await call("POST", "upstreams", JSON.stringify({ room: name, url: upstream }));
  } else {
    const fast = streams.replace(/(every|jitter|after) = "\w+"/g, '$1 = "3ms"');
    await call("PUT", `rooms/${name}/streams`, fast);
  }
  let whole;
  const cells = [];
  for (const row of rows) {
    const { seq } = JSON.parse(await call("POST", `reset?room=${name}`));
    const isBase = row.startsWith("/");
    if (!isBase && row !== "none") {
      await call("POST", "faults", JSON.stringify({ fault: row, room: name }));
    }
    const text = [];
    const base = `${server}/@${name}${isBase ? row : ""}`;
    const { timeout, patience } = row.startsWith("silence") ? silence : usual;
    const end = await ended(read(base, timeout, text), patience);
    const joined = text.join("");
    whole ??= joined;
    if (!whole.startsWith(joined)) throw new Error(joined);
    const much = joined === whole ? "whole" : `${[...joined].length} of ${[...whole].length}`;
    cells.push(`${await pauses(name, seq, row)}${much}, ${end}`);
  }
  return cells;
}

const reads = {
  readChat,
  readResponses,
  readMessages,
  readAiChat,
  readAiResponses,
  readAiMessages,
};
const version = (name) =>
  JSON.parse(readFileSync(`${folder}/node_modules/${name}/package.json`)).version;
const names = [
  `\`openai\` ${version("openai")}, chat`,
  "the same, responses",
  `\`@anthropic-ai/sdk\` ${version("@anthropic-ai/sdk")}`,
  `\`ai\` ${version("ai")}, OpenAI chat`,
  "the same, OpenAI responses",
  "the same, Anthropic",
];
const columns = await Promise.all(Object.entries(reads).map(column));
console.log(`| fault | ${names.join(" | ")} |`);
console.log(`|---${"|---".repeat(names.length)}|`);
rows.forEach((row, at) => {
  const shown = row === "none" ? row : `\`${row}\``;
  console.log(`| ${shown} | ${columns.map((cells) => cells[at]).join(" | ")} |`);
});
// What still waits is left.
process.exit();
