// Lets the clients of MCP's two SDKs connect to the server of examples/mcp.toml. Prints what each was
// told, in a line of JSON, and what each did with broken streams, as the table of docs/LLM.md.
//
// usage: mcp.mjs FOLDER_OF_NODE_MODULES http://localhost:8000

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, server] = process.argv.slice(2);
// A module is looked for beside the file that asks, and this one has none beside it.
const { resolve } = createRequire(pathToFileURL(`${folder}/`));
const load = (name) => import(pathToFileURL(resolve(name)));
const sdks = {
  "@modelcontextprotocol/sdk": {
    ...(await load("@modelcontextprotocol/sdk/client/index.js")),
    ...(await load("@modelcontextprotocol/sdk/client/streamableHttp.js")),
    // Its second argument is the schema of the result.
    callTool: (client, call, options) => client.callTool(call, undefined, options),
  },
  "@modelcontextprotocol/client": {
    ...(await load("@modelcontextprotocol/client")),
    callTool: (client, call, options) => client.callTool(call, options),
  },
};

async function connected({ Client, StreamableHTTPClientTransport }, base) {
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`)));
  return client;
}

/** What a client is told, by whatever it can ask. */
async function told(sdk) {
  const client = await connected(sdk, server);
  const { callTool } = sdk;
  const { name } = client.getServerVersion();
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  const text = ({ content }) => content.map((part) => part.text).join("");
  const weather = await client.callTool({ name: "get_weather", arguments: { city: "Zürich" } });
  const progress = [];
  const onprogress = (step) => progress.push(step.progress);
  const call = { name: "count", arguments: {} };
  const count = await callTool(client, call, { onprogress });
  const silent = await client.callTool(call);
  await client.ping();
  const missing = await client.callTool({ name: "fly", arguments: {} }).catch((error) => error);
  await client.close();
  return {
    server: name,
    tools,
    weather: text(weather),
    progress,
    count: text(count),
    silent: text(silent),
    missing: missing.code,
  };
}

// The longest time for an answer that takes 400 ms, in ms.
const timeout = 3000;

const rows = [
  "none",
  "split=utf8",
  "end,after=1",
  "cut,after=1",
  "silence,after=1",
  "corrupt,after=2",
  "status=503,retry-after=1,times=1",
  "cut,times=1",
];

async function call(method, path, body) {
  const answer = await fetch(`${server}/api/${path}`, { method, body });
  if (!answer.ok) throw new Error(await answer.text());
}

/** What came of one call of a tool, in words. */
async function what({ callTool }, client) {
  const steps = [];
  const onprogress = ({ progress }) => steps.push(progress);
  const options = { timeout, onprogress };
  let end;
  try {
    await callTool(client, { name: "count", arguments: {} }, options);
    end = "the answer";
  } catch (error) {
    // The one, or the other.
    const isLate = error.code === -32001 || error.code === "REQUEST_TIMEOUT";
    end = isLate ? "no answer until its timeout" : `raised \`${error.constructor.name}\``;
  }
  return `progress ${steps.join(", ") || "none"}; ${end}`;
}

/** What one SDK did with each row: all at once, each in a room of its own. */
function column([, sdk], at) {
  return Promise.all(
    rows.map(async (row, below) => {
      const room = `mcp-${at}-${below}`;
      const client = await connected(sdk, `${server}/@${room}`);
      client.onerror = () => {};
      if (row !== "none") {
        await call("POST", "faults", JSON.stringify({ fault: row, room }));
      }
      return what(sdk, client);
    }),
  );
}

const entries = Object.entries(sdks);
const answers = entries.map(async ([name, sdk]) => [name, await told(sdk)]);
console.log(JSON.stringify(Object.fromEntries(await Promise.all(answers))));
const columns = await Promise.all(entries.map(column));
const version = (name) =>
  JSON.parse(readFileSync(`${folder}/node_modules/${name}/package.json`)).version;
const names = Object.keys(sdks).map((name) => `\`${name}\` ${version(name)}`);
console.log(`| fault | ${names.join(" | ")} |\n|---|---|---|`);
rows.forEach((row, at) => {
  const shown = row === "none" ? row : `\`${row}\``;
  console.log(`| ${shown} | ${columns.map((cells) => cells[at]).join(" | ")} |`);
});
process.exit();
