// Lets the client of MCP for JavaScript, version 2, list the tools of a server and call one of them.
// It asks the server for its version first, as its documentation has it.
//
// usage: mcp-2.mjs URL [FOLDER_OF_NODE_MODULES]

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
// A module is looked for beside the file that asks, unless a folder is named.
const { resolve } = createRequire(folder ? pathToFileURL(`${folder}/`) : import.meta.url);
const { Client, StreamableHTTPClientTransport } = await import(
  pathToFileURL(resolve("@modelcontextprotocol/client"))
);

const client = new Client(
  { name: "lab", version: "1.0.0" },
  { versionNegotiation: { mode: "auto" } },
);
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
await client.listTools();
await client.callTool({ name: "wait", arguments: {} });
// As in a program that does something else too.
setInterval(() => {}, 60_000);
