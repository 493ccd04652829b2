/**
 * What was done by hand, as a test: lines for a shell, for Playwright, or for pytest, in the shapes
 * of docs/TESTING.md. Pure.
 */

import { meant, splitFault } from "./fault-text.js";

/** What a test is written for, as a menu names it. */
export const KINDS = [
  { id: "shell", label: "Shell" },
  { id: "playwright", label: "Playwright" },
  { id: "pytest", label: "pytest" },
];

/**
 * Something that was done: to connections that were open, or to requests to come.
 *
 * @typedef {object} Deed
 * @property {string} fault canonical; it may say itself whom it strikes
 * @property {boolean} now whether it was done to what was open
 * @property {string | null} [stream] of what was open
 * @property {string | null} [client]
 * @property {string | null} [room]
 */

/** What the text for Playwright takes, and from where: the page itself imports none of it. */
const IMPORTS = [
  ["assert", "node:assert/strict"],
  ["{ test }", "node:test"],
  ["{ request }", "playwright-core"],
].map(([names, from]) => `import ${names} from ${JSON.stringify(from)};`).join("\n");

/** Faults that answer in place of a stream: whoever meets one has been refused. */
const REFUSES = /^(status|limit|redirect)\b/;
/** Faults that the API is down with, or may be: nobody can ask it then. */
const HIDES_API = /^(refuse|knock|profile)\b/;
/** Faults that end a stream, after which a client is expected back. */
const ENDS = /^(end|cut|reset)\b/;

/**
 * What a test waits for behind a fault: the client's next move, or else the strike; null where it
 * cannot ask.
 *
 * @param {string} fault
 */
function awaited(fault) {
  if (HIDES_API.test(fault)) return null;
  return REFUSES.test(fault) ? "refused" : ENDS.test(fault) ? "returned" : "fired";
}

/**
 * @param {string} kind
 * @param {Deed} deed
 * @param {string} server the address of the server
 */
export function asTest(kind, deed, server) {
  if (kind === "shell") return shell(deed, server);
  return kind === "pytest" ? pytest(deed, server) : playwright(deed, server);
}

/**
 * Whom it was done to, by the names of the API. A test of one client must not be content with what
 * another one does.
 *
 * @param {Deed} deed
 */
function whomOf({ fault, stream, client, room }) {
  const own = new Map(splitFault(fault).keys);
  /** @param {string} key */
  const said = (key) => meant(own.get(key) ?? "");
  const whom = {
    stream: stream ?? said("stream"),
    client: client ?? said("client"),
    room: room ?? said("room"),
  };
  return Object.entries(whom).filter(([, name]) => name !== "");
}

/** @param {string} text */
const word = (text) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Its lines are one command, which a person can paste into a shell: it ends at what is not so.
 *
 * @param {Deed} deed
 * @param {string} server
 */
function shell(deed, server) {
  const { fault, now, stream, client, room } = deed;
  const at = room ? ` --room ${word(room)}` : "";
  const path = stream ? ` ${word(stream)}` : "";
  const to = client ? ` --client ${word(client)}` : "";
  const acts = `sse break${path} ${word(fault)}${now ? " --now" : ""}${to}${at}`;
  const whom = whomOf(deed);
  const flags = whom.map(([key, name]) => ` --${key} ${word(name)}`);
  // a verdict is on a client, on whichever stream
  const ofClient = flags.filter((_, index) => whom[index]?.[0] !== "stream").join("");
  const lines = {
    refused: [`seq=$(${acts})`, `sse wait --until refused --after "$seq"${flags.join("")}`],
    returned: [
      `seq=$(${acts})`,
      `sse wait --until returned --after "$seq"${flags.join("")}`,
      `sse verdict --after "$seq" --expect lost=0,repeated=0${ofClient}`,
    ],
    fired: [
      `broken=$(${acts} --json)`,
      `sse wait --until "fired=$(expr "$broken" : '.*"id":\\([0-9]*\\)')"`,
    ],
    nothing: [acts],
  }[awaited(fault) ?? "nothing"];
  return `export SSE_SERVER="\${SSE_SERVER:-${server}}"\n${lines.join(" &&\n  ")}\n`;
}

/**
 * The path of the API, and what is sent to it.
 *
 * @param {Deed} deed
 */
function call({ fault, now, stream, client, room }) {
  const whom = Object.entries({ stream, client, room }).filter(([, value]) => value);
  return {
    path: now ? "act" : "faults",
    body: JSON.stringify({ [now ? "do" : "fault"]: fault, ...Object.fromEntries(whom) }),
  };
}

/** @param {string} fault */
const about = (fault) =>
  ENDS.test(fault) ? "comes back and resumes" : REFUSES.test(fault) ? "is refused" : "is hit";

/**
 * @param {Deed} deed
 * @param {string} server
 */
function playwright(deed, server) {
  const { path, body } = call(deed);
  const wait = awaited(deed.fault);
  const until = wait === "fired" ? "fired=${id}" : wait;
  const whom = whomOf(deed).map(([key, name]) => `&${key}=${encodeURIComponent(name)}`).join("");
  const after = wait === "fired" ? "" : `&after=\${seq}${whom}`;
  const waits = `  const { ${wait === "fired" ? "id" : "seq"} } = await broken.json();
  const wait = await api.get(\`/api/wait?until=${until}${after}\`);
  assert.ok(wait.ok(), await wait.text());
`;
  const resumes = `  const { verdict } = await wait.json();
  assert.deepEqual([verdict.lost, verdict.repeated], [0, 0]);
`;
  return `${IMPORTS}

const server = process.env.SSE_SERVER ?? ${JSON.stringify(server)};

test(${JSON.stringify(`the client ${about(deed.fault)}: ${deed.fault}`)}, async (t) => {
  const api = await request.newContext({ baseURL: server });
  t.after(() => api.dispose());
  const broken = await api.post("/api/${path}", { data: ${body} });
  assert.ok(broken.ok(), await broken.text());
${wait ? waits : ""}${wait === "returned" ? resumes : ""}});
`;
}

/**
 * @param {Deed} deed
 * @param {string} server
 */
function pytest(deed, server) {
  const { path, body } = call(deed);
  const wait = awaited(deed.fault);
  const whom = whomOf(deed).map(([key, name]) => `, "${key}": ${JSON.stringify(name)}`).join("");
  const params = wait === "fired"
    ? `{"until": f"fired={broken.json()['id']}"}`
    : `{"until": "${wait}", "after": broken.json()["seq"]${whom}}`;
  const waits = `        params = ${params}
        wait = api.get("/wait", params=params)
    assert wait.status_code == 200, wait.text
`;
  const resumes = `    verdict = wait.json()["verdict"]
    assert (verdict["lost"], verdict["repeated"]) == (0, 0)
`;
  const name = deed.fault.split(/[=,]/, 1)[0]?.replaceAll("-", "_");
  return `import os

import httpx

API = os.environ.get("SSE_SERVER", ${JSON.stringify(server)}) + "/api"


def test_the_client_${about(deed.fault).replaceAll(" ", "_")}_${name}():
    with httpx.Client(base_url=API, timeout=20) as api:
        broken = api.post("/${path}", json=${body})
        assert broken.is_success, broken.text
${wait ? waits : ""}${wait === "returned" ? resumes : ""}`;
}
