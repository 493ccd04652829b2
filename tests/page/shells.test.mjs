// Copied lines are pasted into a shell, and their path is whatever a file of streams contains.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { curlLine, publishLine } = await load("parts/snippets.js");

const SHELLS = ["sh", "dash", "bash", "zsh", "fish"];
const there = (shell) => spawnSync(shell, ["-c", "exit 0"]).status === 0;

/** Signs that a path may hold, and some that none may: the line is to be safe all the same. */
const PATHS = [
  "/a;touch ran;b",
  "/a$(touch ran)",
  "/a`touch ran`",
  "/it's;touch ran;'",
  "/a&touch&ran",
  "/a!b!!",
  "/$HOME/~/*",
  "/a\\';touch ran;'",
  "/a\\",
  "/\u2019;touch ran;\u2018",
  "/a\ntouch ran",
];

/** What curl would ask for: the path with the signs that the line does without. */
const asked = (path) =>
  path.replace(/[^!-~]|['\\]/gu, (sign) =>
    [...Buffer.from(sign)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );

// Pasted, the line of a stream at `/a;touch ran` ran `touch`.
for (const shell of SHELLS) {
  const title = `what is pasted into ${shell} runs curl on that path and nothing else`;
  test(title, { skip: !there(shell) }, () => {
    const folder = mkdtempSync(join(tmpdir(), "lines-"));
    try {
      writeFileSync(join(folder, "curl"), '#!/bin/sh\nprintf "<%s>" "$@"\n');
      chmodSync(join(folder, "curl"), 0o755);
      const env = { ...process.env, HOME: folder, PATH: `${folder}:${process.env.PATH}` };
      const options = { cwd: folder, env, encoding: "utf8" };
      for (const path of PATHS) {
        const address = `http://localhost:8000${path}`;
        for (const [line, flags] of [
          [curlLine(address), "<-N>"],
          [publishLine(address), "<-d><hello>"],
        ]) {
          const { stdout, stderr } = spawnSync(shell, ["-c", line], options);
          const expected = `${flags}<http://localhost:8000${asked(path)}>`;
          assert.deepEqual([stdout, stderr], [expected, ""], line);
        }
      }
      assert.deepEqual(readdirSync(folder).filter((name) => name === "ran"), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test("nothing between the quotes ends them in any shell, including PowerShell", () => {
  for (const path of PATHS) {
    assert.match(curlLine(`http://localhost:8000${path}`), /^curl -N '[!-&(-[\]-~]*'$/);
  }
});
