// Lets the SDKs of npm read the streams of examples/llm.toml in each way that they have, and prints
// what each made of them, in JSON: for each read, the path of the stream, how it was read, the text,
// the calls of tools, and the reason for the end. Where an SDK calls tools by itself, that is of the
// second turn.
//
// usage: examples.mjs FOLDER_OF_NODE_MODULES http://localhost:8000 [first]
//
// With `first` the second turns are left out, since a recording has one answer for each path, and
// Ollama.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, server, first] = process.argv.slice(2);
// A module is looked for beside the file that asks, and this one has none beside it.
const { resolve } = createRequire(pathToFileURL(`${folder}/`));
const load = (name) => import(pathToFileURL(resolve(name)));
const { default: OpenAI } = await load("openai");
const { default: Anthropic } = await load("@anthropic-ai/sdk");
const { isStepCount, jsonSchema, streamText, tool } = await load("ai");
const { createOpenAI } = await load("@ai-sdk/openai");
const { createAnthropic } = await load("@ai-sdk/anthropic");
const { createGoogle } = await load("@ai-sdk/google");
const { Ollama } = await load("ollama");

globalThis.AI_SDK_LOG_WARNINGS = false;
const messages = [{ role: "user", content: "hi" }];
// As any program would, and its schema as each API wants it.
const schema = {
  type: "object",
  properties: { city: { type: "string" }, unit: { type: "string" } },
  required: ["city", "unit"],
  additionalProperties: false,
};
const name = "get_weather";
const weather = { name, parameters: schema, strict: true };
const chat = { model: "m", messages, tools: [{ type: "function", function: weather }] };
const responses = { model: "m", input: "hi", tools: [{ type: "function", ...weather }] };
const message = {
  model: "m",
  messages,
  max_tokens: 99,
  tools: [{ name, input_schema: schema }],
};

const openai = (base) => new OpenAI({ baseURL: `${base}/v1`, apiKey: "none" });

async function chatByChunks(base) {
  const answer = { text: "", calls: [], end: undefined };
  for await (const chunk of await openai(base).chat.completions.create({ ...chat, stream: true })) {
    // The chunk with the usage has no choices.
    for (const { delta, finish_reason: end } of chunk.choices) {
      answer.text += delta.content ?? "";
      answer.end = end ?? answer.end;
      for (const { index, function: piece } of delta.tool_calls ?? []) {
        const call = (answer.calls[index] ??= ["", ""]);
        call[0] += piece.name ?? "";
        call[1] += piece.arguments ?? "";
      }
    }
  }
  return answer;
}

async function chatByHelper(base) {
  const whole = await openai(base).chat.completions.stream(chat).finalChatCompletion();
  const [{ message, finish_reason: end }] = whole.choices;
  const calls = (message.tool_calls ?? []).map((call) => call.function);
  return {
    text: message.content ?? "",
    calls: calls.map((call) => [call.name, call.arguments]),
    end,
  };
}

function ofItems(response) {
  const calls = response.output.filter((item) => item.type === "function_call");
  return {
    text: response.output_text,
    calls: calls.map((item) => [item.name, item.arguments]),
    end: response.status,
  };
}

async function responsesByEvents(base) {
  let text = "";
  let last;
  const stream = await openai(base).responses.create({ ...responses, stream: true });
  for await (last of stream) if (last.type === "response.output_text.delta") text += last.delta;
  const items = last.response.output.filter((item) => item.type === "function_call");
  return {
    text,
    calls: items.map((item) => [item.name, item.arguments]),
    end: last.response.status,
  };
}

async function responsesByHelper(base) {
  return ofItems(await openai(base).responses.stream(responses).finalResponse());
}

async function messagesByHelper(base) {
  const client = new Anthropic({ baseURL: base, apiKey: "none" });
  const whole = await client.messages.stream(message).finalMessage();
  const texts = whole.content.filter((block) => block.type === "text");
  const calls = whole.content.filter((block) => block.type === "tool_use");
  return {
    text: texts.map((block) => block.text).join(""),
    calls: calls.map((block) => [block.name, block.input]),
    end: whole.stop_reason,
  };
}

async function ollamaChat(base) {
  const answer = { text: "", calls: [], end: undefined };
  const client = new Ollama({ host: `${base}/ollama` });
  for await (const { message, done_reason: end } of await client.chat({ ...chat, stream: true })) {
    answer.text += message.content;
    const calls = message.tool_calls ?? [];
    answer.calls.push(...calls.map((call) => [call.function.name, call.function.arguments]));
    answer.end = end;
  }
  return answer;
}

async function chatByTools(base) {
  const run = { ...weather, parse: JSON.parse, function: () => "21 °C" };
  const tools = [{ type: "function", function: run }];
  const runner = openai(base).chat.completions.runTools({ ...chat, tools, stream: true });
  const { choices } = await runner.finalChatCompletion();
  return { text: await runner.finalContent(), calls: [], end: choices[0].finish_reason };
}

async function messagesByTools(base) {
  const client = new Anthropic({ baseURL: base, apiKey: "none" });
  const run = { type: "custom", ...message.tools[0], run: () => "21 °C", parse: (input) => input };
  let last;
  const runner = client.beta.messages.toolRunner({ ...message, tools: [run], stream: true });
  for await (const stream of runner) last = await stream.finalMessage();
  return { text: last.content[0].text, calls: [], end: last.stop_reason };
}

const inputSchema = jsonSchema(schema);

/** How the AI SDK reads with one of its providers: the last of its steps. */
const ofAi = (model, execute) => async (base) => {
  let answer;
  const settings = {
    model: model(base),
    messages,
    tools: { [name]: tool({ inputSchema, execute }) },
    stopWhen: isStepCount(3),
    onError: () => {},
  };
  for await (const part of streamText(settings).fullStream) {
    if (part.type === "start-step") answer = { text: "", calls: [], end: undefined };
    if (part.type === "text-delta") answer.text += part.text;
    if (part.type === "tool-call") answer.calls.push([part.toolName, part.input]);
    // OpenAI's responses have a status in place of a reason, which the SDK keeps for itself.
    if (part.type === "finish-step") answer.end = part.rawFinishReason ?? "completed";
    if (part.type === "error") throw part.error;
  }
  return answer;
};
const apiKey = "none";
const chatModel = (base) => createOpenAI({ baseURL: `${base}/v1`, apiKey }).chat("m");
const responsesModel = (base) => createOpenAI({ baseURL: `${base}/v1`, apiKey }).responses("m");
const messagesModel = (base) => createAnthropic({ baseURL: `${base}/v1`, apiKey })("m");
const geminiModel = (version) => (base) =>
  createGoogle({ baseURL: `${base}/${version}`, apiKey })("gemini-3.5-flash");
const gemini = (version) => `/${version}/models/gemini-3.5-flash:streamGenerateContent`;

const ways = {
  "/v1/chat/completions": { chatByChunks, chatByHelper, aiChat: ofAi(chatModel) },
  "/v1/responses": { responsesByEvents, responsesByHelper, aiResponses: ofAi(responsesModel) },
  "/v1/messages": { messagesByHelper, aiMessages: ofAi(messagesModel) },
  [gemini("v1")]: { aiGemini: ofAi(geminiModel("v1")) },
  [gemini("v1beta")]: { aiGemini: ofAi(geminiModel("v1beta")) },
  // What is no stream of events is not recorded.
  ...(first ? {} : { "/ollama/api/chat": { ollamaChat } }),
};
const execute = () => "21 °C";
const loops = {
  "/v1/chat/completions": { chatByTools, aiChat: ofAi(chatModel, execute) },
  "/v1/responses": { aiResponses: ofAi(responsesModel, execute) },
  "/v1/messages": { messagesByTools, aiMessages: ofAi(messagesModel, execute) },
  [gemini("v1")]: { aiGemini: ofAi(geminiModel("v1"), execute) },
};

async function read(above, turn, path, [way, ask]) {
  const { text, calls, end } = await ask(`${server}${above}`);
  // Some hand out the arguments as they came, and some as values.
  const values = calls.map(([name, given]) => [
    name,
    typeof given === "string" ? JSON.parse(given) : given,
  ]);
  return { path: `${above}${path}`, turn, way, text, calls: values, end };
}

const readAll = (ways, above, turn) =>
  Object.entries(ways).flatMap(([path, named]) =>
    Object.entries(named).map((way) => read(above, turn, path, way)),
  );
const reads = [
  ...readAll(ways, "", 1),
  ...readAll(ways, "/tools", 1),
  ...(first ? [] : readAll(loops, "/tools", 2)),
];
console.log(JSON.stringify(await Promise.all(reads)));
