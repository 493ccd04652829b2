// The token of a server that wants one, as a browser's page keeps it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { tokenCookie } = await load("host/web.js");
const { isToken } = await load("frame/token-words.js");

test("a cookie carries the token to this host alone", () => {
  assert.equal(tokenCookie("abc", false), "sse_token=abc; Path=/; SameSite=Strict");
  assert.equal(tokenCookie("abc", true), "__Host-sse=abc; Path=/; SameSite=Strict; Secure");
  assert.match(tokenCookie("", false), /^sse_token=; .*Max-Age=0$/);
});

test("what goes into the cookie cannot end it", () => {
  for (const good of ["0123456789abcdef", "A-._~+/0123456789=="]) assert.ok(isToken(good), good);
  for (const bad of [
    "", "short", "0123456789abcde", "0123456789abcdef; Path=/x", "0123456789 abcdef",
    "0123456789abcdef\n", "0123456789abcdé", "=0123456789abcdef", "0123456789abcdef=x",
  ]) {
    assert.ok(!isToken(bad), bad);
  }
});
