/**
 * What was done by hand, as a test: lines for a shell, for Playwright, or for pytest, in the shapes
 * of docs/TESTING.md. Pure.
 */

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
 * @property {string} fault canonical; of one that was armed, with whom it strikes
 * @property {boolean} now whether it was done to what was open
 * @property {string | null} [stream] of what was open
 * @property {string | null} [client]
 * @property {string | null} [room]
 */

/** The package of Playwright's own runner. */
const PLAYWRIGHT = "@playwright/test";
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

/** @param {string} text */
const word = (text) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/**
 * @param {Deed} deed
 * @param {string} server
 */
function shell({ fault, now, stream, client, room }, server) {
  const at = room ? ` --room ${word(room)}` : "";
  const path = stream ? ` ${word(stream)}` : "";
  const whom = client ? ` --client ${word(client)}` : "";
  const acts = `sse break${path} ${word(fault)}${now ? " --now" : ""}${whom}${at}`;
  const wait = awaited(fault);
  return [
    `export SSE_SERVER=${word(server)}`,
    `seq=$(${acts})`,
    ...(wait === "fired" || !wait ? [] : [`sse wait --until ${wait} --after "$seq"${at}`]),
    ...(wait === "returned" ? [`sse verdict --after "$seq" --expect lost=0${at}`] : []),
    "",
  ].join("\n");
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
  ENDS.test(fault) ? "comes back and loses nothing" : REFUSES.test(fault) ? "is refused" : "is hit";

/**
 * @param {Deed} deed
 * @param {string} server
 */
function playwright(deed, server) {
  const { path, body } = call(deed);
  const wait = awaited(deed.fault);
  const until = wait === "fired" ? "fired=${id}" : wait;
  const room = deed.room ? `&room=${encodeURIComponent(deed.room)}` : "";
  const waits = `  const { seq${wait === "fired" ? ", id" : ""} } = await broken.json();
  const wait = await request.get(\`\${api}/wait?until=${until}&after=\${seq}${room}\`);
  expect(wait.ok(), await wait.text()).toBe(true);
`;
  const loses = "  expect((await wait.json()).verdict.lost).toBe(0);\n";
  return `import { expect, test } from ${JSON.stringify(PLAYWRIGHT)};

const api = (process.env.SSE_SERVER ?? ${JSON.stringify(server)}) + "/api";

test(${JSON.stringify(`the client ${about(deed.fault)}: ${deed.fault}`)}, async ({ request }) => {
  const broken = await request.post(\`\${api}/${path}\`, { data: ${body} });
  expect(broken.ok(), await broken.text()).toBe(true);
${wait ? waits : ""}${wait === "returned" ? loses : ""}});
`;
}

/**
 * @param {Deed} deed
 * @param {string} server
 */
function pytest(deed, server) {
  const { path, body } = call(deed);
  const wait = awaited(deed.fault);
  const until = wait === "fired" ? `f"fired={broken.json()['id']}"` : `"${wait}"`;
  const room = deed.room ? `, "room": ${JSON.stringify(deed.room)}` : "";
  const waits = `        params = {"until": ${until}, "after": broken.json()["seq"]${room}}
        wait = api.get("/wait", params=params)
    assert wait.status_code == 200, wait.text
`;
  const loses = '    assert wait.json()["verdict"]["lost"] == 0\n';
  const name = deed.fault.split(/[=,]/, 1)[0]?.replaceAll("-", "_");
  return `import os

import httpx

API = os.environ.get("SSE_SERVER", ${JSON.stringify(server)}) + "/api"


def test_the_client_${about(deed.fault).replaceAll(" ", "_")}_${name}():
    with httpx.Client(base_url=API, timeout=20) as api:
        broken = api.post("/${path}", json=${body})
        assert broken.is_success, broken.text
${wait ? waits : ""}${wait === "returned" ? loses : ""}`;
}
