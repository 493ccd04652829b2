// What was done by hand, as a test: its texts, and that each language reads its own.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { KINDS, asTest } = await load("parts/as-test.js");

const SERVER = "http://localhost:8000";
const CUT = { fault: "cut,half", now: true, stream: "/endless", client: "t1", room: null };
const ALL = [
  CUT,
  { fault: "status=503,times=1,stream=/a", now: false },
  { fault: `insert=it's "so",after=3`, now: false, room: "w3" },
  { fault: "refuse,for=5s", now: false },
  { fault: "profile=deploy", now: false, room: "w3" },
  { fault: 'silence,after="[DONE]"', now: true, stream: "/a b", room: "w3" },
];

test("a cut by hand is a test in a shell, with Playwright and with pytest", () => {
  assert.equal(
    asTest("shell", CUT, SERVER),
    `export SSE_SERVER="\${SSE_SERVER:-http://localhost:8000}"
seq=$(sse break /endless cut,half --now --client t1) &&
  sse wait --until returned --after "$seq" --stream /endless --client t1 &&
  sse verdict --after "$seq" --expect lost=0,repeated=0 --client t1
`,
  );
  const playwright = asTest("playwright", CUT, SERVER);
  assert.match(
    playwright,
    /post\("\/api\/act", \{ data: \{"do":"cut,half","stream":"\/endless","client":"t1"\} \}\)/,
  );
  assert.match(playwright, /&after=\$\{seq\}&stream=%2Fendless&client=t1`/);
  assert.match(playwright, /\[verdict\.lost, verdict\.repeated\], \[0, 0\]/);
  const pytest = asTest("pytest", CUT, SERVER);
  assert.match(
    pytest,
    /post\("\/act", json=\{"do":"cut,half","stream":"\/endless","client":"t1"\}\)/,
  );
  assert.match(pytest, /\["seq"\], "stream": "\/endless", "client": "t1"\}/);
});

test("what is waited for follows from what was done", () => {
  const [, refused, inserted] = ALL;
  assert.match(asTest("shell", refused, SERVER), /--until refused --after "\$seq" --stream \/a\n$/);
  assert.match(asTest("shell", inserted, SERVER), /--until "fired=\$\(expr "\$broken"/);
  assert.match(asTest("playwright", inserted, SERVER), /wait\?until=fired=\$\{id\}`/);
  assert.match(asTest("pytest", inserted, SERVER), /f"fired=\{broken\.json\(\)\['id'\]\}"/);
});

/** Another client, or the default room, would have its own story. */
test("whom a fault names itself is whom the test waits for", () => {
  const armed = { fault: 'cut,after=3,stream="/a,b",client=t1,room=w3', now: false };
  assert.match(
    asTest("shell", armed, SERVER),
    /"\$seq" --stream \/a,b --client t1 --room w3 &&\n.*repeated=0 --client t1 --room w3\n$/,
  );
  assert.match(asTest("playwright", armed, SERVER), /&stream=%2Fa%2Cb&client=t1&room=w3`/);
  assert.match(
    asTest("pytest", armed, SERVER),
    /, "stream": "\/a,b", "client": "t1", "room": "w3"\}/,
  );
});

/** The wait would find nobody there. */
test("no test asks an API that is down with the fault", () => {
  for (const fault of ["refuse,for=5s", "knock,for=5s", "profile=deploy"]) {
    for (const { id } of KINDS) {
      assert.doesNotMatch(asTest(id, { fault, now: false }, SERVER), /\bwait\b/, `${id}: ${fault}`);
    }
  }
});

/** @type {Record<string, [string, string[]]>} */
const READERS = {
  shell: ["sh", ["-n"]],
  playwright: ["node", ["--input-type=module", "--check"]],
  pytest: ["python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"]],
};

for (const { id } of KINDS) {
  test(`whatever was done, the text is one that ${id} reads`, () => {
    const [program, args] = READERS[id];
    for (const deed of ALL) {
      const input = asTest(id, deed, SERVER);
      const { status, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
      assert.equal(status, 0, `${input}\n${stderr}`);
    }
  });
}
