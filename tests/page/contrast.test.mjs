// Computes the contrast of every pair of colours that meet on the page, in both themes, from
// tokens.css: text 4.5 : 1 (WCAG AA), outlines of controls, shapes and focus rings 3 : 1.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { PAGE } from "./ui.mjs";

const css = await readFile(path.join(PAGE, "parts/tokens.css"), "utf8");
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name, light, dark]) => [name, { light, dark }],
  ),
);

/** @param {string} hex */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {string} one
 * @param {string} other
 */
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const BACKGROUNDS = ["field", "ground", "hover", "wash"];
const PAIRS = [
  ...BACKGROUNDS.flatMap((back) => [
    ["text", back, 4.5],
    ["quiet", back, 4.5],
    ["wait", back, 4.5],
  ]),
  ...["field", "ground", "hover"].flatMap((back) => [
    ["accent", back, 4.5],
    ["fail", back, 4.5],
    ["go", back, 3],
    ["edge", back, 3],
  ]),
  // a verdict for the eyes, in a row of the lab that is chosen
  ["accent", "wash", 4.5],
  // how well a client came back, in a row that may be chosen
  ...["field", "ground", "wash"].flatMap((back) => [
    ["go", back, 4.5],
    ["fail", back, 4.5],
  ]),
  ["on-accent", "accent", 4.5],
];

for (const theme of ["light", "dark"]) {
  test(`contrast in the ${theme} theme`, () => {
    for (const [front, back, least] of PAIRS) {
      const ratio = contrast(tokens.get(front)[theme], tokens.get(back)[theme]);
      assert.ok(ratio >= least, `${front} on ${back} has ${ratio.toFixed(2)}, needs ${least}`);
    }
  });
}
