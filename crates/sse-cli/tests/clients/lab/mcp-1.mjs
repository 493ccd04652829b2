// Lets the SDK of MCP for JavaScript, version 1, list the tools of a server and call one of them.
//
// usage: mcp-1.mjs URL [FOLDER_OF_NODE_MODULES]

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
// A module is looked for beside the file that asks, unless a folder is named.
const { resolve } = createRequire(folder ? pathToFileURL(`${folder}/`) : import.meta.url);
const load = (name) => import(pathToFileURL(resolve(name)));
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = await load(
  "@modelcontextprotocol/sdk/client/streamableHttp.js",
);

const client = new Client({ name: "lab", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
await client.listTools();
await client.callTool({ name: "wait", arguments: {} });
// As in a program that does something else too.
setInterval(() => {}, 60_000);
