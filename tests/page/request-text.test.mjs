// The request of a connection as bytes for a file and as a command, with its secrets hidden.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { curlCommand, fieldValue, hiddenCount, requestBytes, savedBytes, targetText, withShown } =
  await load("wire/request-text.js");
const { bodyWords, legWords, noRequestWords, requestSummary } = await load("wire/wire-words.js");

const text = (value) => ({ value, secret: false, length: value.length });
const secret = (length) => ({ value: null, secret: true, length });
const field = (name, of) => ({ name, end: "\r\n", ...(typeof of === "string" ? text(of) : of) });
const REQUEST = {
  method: "GET",
  target: [text("/endless?client=a&token="), secret(3), text("&x=[1]")],
  version: "HTTP/1.1",
  end: "\r\n",
  fields: [
    field("Host", "localhost:8000"),
    field("Authorization", secret(32)),
    field("Last-Event-ID", "7"),
    field("X-Empty", ""),
    field("Connection", "keep-alive"),
  ],
  body: "",
  body_length: 0,
  body_cut: false,
  exact: true,
};
const WHOLE = {
  ...REQUEST,
  target: REQUEST.target.map((part) => (part.secret ? { ...part, value: "abc" } : part)),
  fields: REQUEST.fields.map((part) => (part.secret ? { ...part, value: "it's" } : part)),
};

test("a hidden secret is its length, and one that is shown is shown alone", () => {
  assert.equal(hiddenCount(REQUEST), 2);
  assert.equal(targetText(REQUEST), "/endless?client=a&token={hidden, 3 characters}&x=[1]");
  assert.equal(
    requestBytes(REQUEST),
    "GET /endless?client=a&token={hidden, 3 characters}&x=[1] HTTP/1.1\r\n" +
      "Host: localhost:8000\r\nAuthorization: {hidden, 32 characters}\r\n" +
      "Last-Event-ID: 7\r\nX-Empty: \r\nConnection: keep-alive\r\n\r\n",
  );
  const one = withShown(REQUEST, WHOLE, new Set(["field 1"]));
  assert.deepEqual([hiddenCount(one), one.target[1].value], [1, null]);
  assert.ok(requestBytes(one).includes("Authorization: it's\r\n"));
  assert.equal(withShown(REQUEST, null, new Set(["field 1"])), REQUEST);
  assert.equal(withShown(REQUEST, WHOLE, new Set()), REQUEST);
});

test("bytes that are no characters are saved as they came", () => {
  const odd = { value: ["f", { byte: "FC", text: "\ufffd" }, "é"], secret: false, length: 3 };
  const bytes = requestBytes({ ...REQUEST, fields: [field("X", odd)], body: "é" });
  assert.ok(bytes.endsWith("X: f\xfc\xc3\xa9\r\n\r\n\xc3\xa9"), JSON.stringify(bytes));
  const unread = { ...REQUEST, fields: [field("", "No Colon")], version: "", target: [] };
  assert.equal(requestBytes(unread), "GET\r\nNo Colon\r\n\r\n");
});

test("a file has both sides, and says what is not in it", () => {
  const response = { offset: 120, bytes: "data: \xe9\n\n", lost: 7 };
  assert.equal(
    savedBytes({ request: "#7, now", received: REQUEST, response }),
    `### Request #7, now, 2 secrets hidden\n${requestBytes(REQUEST)}` +
      "### Response, 9 bytes from byte 120 on, 7 bytes missing within\ndata: \xe9\n\n",
  );
  const posted = { ...WHOLE, body: "{}", body_length: 99_999, body_cut: true };
  assert.ok(
    savedBytes({ request: "#8, now", received: posted, response: null }).endsWith("\r\n\r\n{}\n"),
  );
  assert.match(
    savedBytes({ request: "#8, now", received: posted, response: null }),
    /^### Request #8, now, 99999 bytes of body, cut\n/,
  );
  assert.equal(
    savedBytes({ request: "#9, now", received: null, response: { ...response, lost: 0 } }),
    "### Request #9, now, no longer kept\n### Response, 9 bytes from byte 120 on\ndata: \xe9\n\n",
  );
});

test("a command has variables for secrets, and no field that curl makes itself", () => {
  assert.equal(
    curlCommand(REQUEST),
    [
      "curl -N",
      "-g",
      `'http://localhost:8000/endless?client=a&token='"$TOKEN"'&x=[1]'`,
      `-H 'Authorization: '"$AUTHORIZATION"`,
      "-H 'Last-Event-ID: 7'",
      "-H 'X-Empty;'",
    ].join(" \\\n  "),
  );
  assert.ok(curlCommand(WHOLE).includes("-H 'Authorization: it'\\''s'"));
  const post = { ...REQUEST, method: "POST", target: [text("/t/../x")], body: `{"a":"it's"}` };
  const words = curlCommand({ ...post, version: "HTTP/1.0", fields: [] }).split(" \\\n  ");
  assert.deepEqual(words, [
    "curl -N",
    "--path-as-is",
    "--http1.0",
    "'http://localhost/t/../x'",
    "-H 'Content-Type:'",
    `--data-raw '{"a":"it'\\''s"}'`,
  ]);
  const typed = { ...post, fields: [field("Content-Type", "application/json")] };
  for (const body of ["a\0", ["x", { byte: "FF", text: "\ufffd" }]]) {
    assert.match(curlCommand({ ...typed, body }), /json' \\\n {2}--data-binary @BODY$/);
  }
  assert.match(curlCommand({ ...typed, body: "x", body_cut: true }), /--data-binary @BODY$/);
  assert.match(curlCommand({ ...post, method: "PUT" }), / -X 'PUT' /s);
  // nothing that a client sent is read as an option, a file or a command
  const evil = [field("@/etc/passwd", "x"), field("X", "$(id) `id`"), field("", "-o x")];
  const target = [text("/';id;'"), text("\n$(id)")];
  const safe = curlCommand({ ...REQUEST, method: "$(id)", target, fields: evil });
  assert.equal(
    safe,
    [
      "curl -N",
      "-X '$(id)'",
      "'http://localhost/%27;id;%27%0A$(id)'",
      "-H 'X: $(id) `id`'",
    ].join(" \\\n  "),
  );
});

test("a request is summed up, and what is missing of it is said", () => {
  assert.equal(fieldValue(REQUEST, "last-event-id"), "7");
  assert.equal(fieldValue(REQUEST, "authorization"), "");
  assert.equal(
    requestSummary(REQUEST),
    "Last-Event-ID 7, GET /endless?client=a&token={hidden, 3 characters}&x=[1]",
  );
  assert.equal(bodyWords(REQUEST), "");
  const cut = { ...REQUEST, body_length: 102_400, body_cut: true, exact: false };
  assert.match(bodyWords(cut), /has 102,400 bytes: the first 65,536 are kept\. It arrived/);
  const unread = { ...REQUEST, body: null };
  assert.equal(bodyWords(unread), "");
  const announced = { ...unread, fields: [field("Content-Length", "5")] };
  assert.match(bodyWords(announced), /without reading the body/);
  assert.equal(bodyWords({ ...announced, body: "hello" }), "");
  assert.equal(noRequestWords(null), "");
  assert.match(noRequestWords({ request: null }), /no longer kept/);
});

test("the other leg of a request that was handed on is told with its times", () => {
  const leg = { url: "http://h:1/v1", status: 200, connect_ms: 3, head_ms: 250, problem: null };
  assert.equal(
    legWords(leg),
    "Handed on to http://h:1/v1: connected after 3 ms, answered 200 after 250 ms.",
  );
  const down = { ...leg, status: null, connect_ms: null, head_ms: null, problem: "It is down." };
  assert.equal(legWords(down), "Handed on to http://h:1/v1: never connected. It is down.");
  assert.equal(legWords(null), "");
});
