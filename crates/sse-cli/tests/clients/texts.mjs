// Lets two SDKs read the streams of texts.toml, and prints what each of them joined, in JSON: by the
// path of the stream, the text and below it a line for each call of a tool.
//
// usage: texts.mjs FOLDER_OF_NODE_MODULES http://localhost:8000 [FAULT]

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, server, fault] = process.argv.slice(2);
// A module is looked for beside the file that asks, and this one has none beside it.
const require = createRequire(pathToFileURL(`${folder}/`));
const { default: Anthropic } = require("@anthropic-ai/sdk");
const { default: OpenAI } = require("openai");

const messages = [{ role: "user", content: "hi" }];
const defaultQuery = fault ? { fault } : {};

/** What came of an answer so far. */
class Joined {
  text = "";
  calls = new Map();

  call(place, name, args) {
    const call = this.calls.get(place) ?? { name: "", args: "" };
    call.name += name ?? "";
    call.args += args ?? "";
    this.calls.set(place, call);
  }

  toString() {
    const calls = [...this.calls.values()].map(({ name, args }) => `\n${name}(${args})`);
    return this.text + calls.join("");
  }
}

async function readChat(client, answer) {
  const stream = await client.chat.completions.create({ model: "m", messages, stream: true });
  for await (const { choices } of stream) {
    for (const { delta } of choices) {
      answer.text += (delta.content ?? "") + (delta.refusal ?? "");
      for (const { index, function: piece } of delta.tool_calls ?? []) {
        answer.call(index, piece.name, piece.arguments);
      }
    }
  }
}

async function readResponses(client, answer) {
  const stream = client.responses.stream({ model: "m", input: "hi" });
  for await (const event of stream) {
    switch (event.type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        answer.text += event.delta;
        break;
      case "response.output_item.added":
        if (event.item.type !== "function_call") break;
        answer.call(event.output_index, event.item.name, event.item.arguments);
        break;
      case "response.function_call_arguments.delta":
        answer.call(event.output_index, undefined, event.delta);
        break;
    }
  }
}

async function readMessages(client, answer) {
  const stream = client.messages.stream({ model: "m", max_tokens: 9, messages });
  for await (const { type, index, content_block: block, delta } of stream) {
    if (type === "content_block_start" && block.type === "tool_use") {
      answer.call(index, block.name, "");
    } else if (type === "content_block_delta" && delta.type === "text_delta") {
      answer.text += delta.text;
    } else if (type === "content_block_delta" && delta.type === "input_json_delta") {
      answer.call(index, undefined, delta.partial_json);
    }
  }
}

/** Reads one stream, as far as it goes. */
async function read(path, ask, client) {
  const answer = new Joined();
  try {
    await ask(client, answer);
  } catch (error) {
    // Where it was cut, what came until then counts.
    if (!fault?.startsWith("cut")) throw error;
  }
  return [path, `${answer}`];
}

const reads = [];
for (const kind of ["text", "refusal", "tool"]) {
  const baseURL = `${server}/${kind}`;
  const openai = new OpenAI({ baseURL, apiKey: "none", defaultQuery });
  reads.push(read(`/${kind}/chat/completions`, readChat, openai));
  reads.push(read(`/${kind}/responses`, readResponses, openai));
  if (kind !== "refusal") {
    const anthropic = new Anthropic({ baseURL, apiKey: "none", defaultQuery });
    reads.push(read(`/${kind}/v1/messages`, readMessages, anthropic));
  }
}
console.log(JSON.stringify(Object.fromEntries(await Promise.all(reads))));
