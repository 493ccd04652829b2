// Loads the page's modules for the tests. They are ES modules named .js without a package.json,
// which Node needs, so it gets a copy with one.

import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

export const PAGE = fileURLToPath(new URL("../../ui/page/", import.meta.url));

const copy = await mkdtemp(path.join(tmpdir(), "sse-workbench-page-"));
await writeFile(path.join(copy, "package.json"), JSON.stringify({ type: "module" }));
await cp(PAGE, copy, { recursive: true });
after(() => rm(copy, { recursive: true }));

/** @param {string} name below `ui/page`, for example `panel/ring.js` */
export const load = (name) => import(pathToFileURL(path.join(copy, name)).href);
