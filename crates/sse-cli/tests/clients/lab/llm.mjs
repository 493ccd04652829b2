// Lets the SDK of OpenAI for JavaScript ask once for a stream, in the lines that its README shows.
//
// usage: llm.mjs BASE_URL [FOLDER_OF_NODE_MODULES]

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [baseURL, folder] = process.argv.slice(2);
// A module is looked for beside the file that asks, unless a folder is named.
const { resolve } = createRequire(folder ? pathToFileURL(`${folder}/`) : import.meta.url);
const { default: OpenAI } = await import(pathToFileURL(resolve("openai")));

// As in a program that does something else too: what is closed is closed by the SDK.
setInterval(() => {}, 60_000);

const client = new OpenAI({ baseURL, apiKey: "none" });
const stream = await client.chat.completions.create({
  model: "lab",
  messages: [{ role: "user", content: "Say something." }],
  stream: true,
});
let text = "";
try {
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? "";
    // Case L2: the user stops the answer. The SDK is told so by its controller, or by a break.
    if (text === "Stop now.") stream.controller.abort();
  }
  await saw({ data: text });
} catch (error) {
  await saw({ error: String(error) });
}

/** Tells the lab what a user sees (docs/LAB.md): the text, or an error. */
async function saw(shown) {
  await fetch(`${baseURL}/saw?${new URLSearchParams(shown)}`);
}
