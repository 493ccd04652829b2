/**
 * What a saved file of streams changed in the list: new, gone and renamed streams, in words. Pure.
 *
 * @import { StreamInfo } from "../server.js"
 */

/** More names than these would be a list, and not a sentence. */
const NAMED = 3;

/**
 * A stream is renamed when its path is gone and a new one has its title, or its place and its pace.
 *
 * @param {StreamInfo[]} before
 * @param {StreamInfo[]} now
 * @returns {{ added: string[], removed: string[], renamed: [string, string][] }}
 */
export function fileChanges(before, now) {
  const paths = new Set(now.map(({ path }) => path));
  const had = new Set(before.map(({ path }) => path));
  const added = now.filter(({ path }) => !had.has(path));
  const removed = before.filter(({ path }) => !paths.has(path));
  /** @type {[string, string][]} */
  const renamed = [];
  for (const old of removed) {
    const isSame = (/** @type {StreamInfo} */ one) =>
      one.title === old.title ||
      (one.summary === old.summary && now.indexOf(one) === before.indexOf(old));
    const match = added.find((one) => isSame(one) && !renamed.some(([, to]) => to === one.path));
    if (match) renamed.push([old.path, match.path]);
  }
  return {
    added: added.map(({ path }) => path).filter((path) => !renamed.some(([, to]) => to === path)),
    removed: removed
      .map(({ path }) => path)
      .filter((path) => !renamed.some(([from]) => from === path)),
    renamed,
  };
}

/**
 * The same as a sentence: `New: /prices. Gone: /old. Renamed: /a to /b.`
 *
 * @param {ReturnType<typeof fileChanges>} changes
 * @returns {string} empty where nothing came or went
 */
export function newsWords({ added, removed, renamed }) {
  return [
    listed("New", added),
    listed("Gone", removed),
    listed("Renamed", renamed.map(([from, to]) => `${from} to ${to}`)),
  ].filter(Boolean).join(" ");
}

/**
 * @param {string} word
 * @param {string[]} names
 */
function listed(word, names) {
  if (names.length === 0) return "";
  const more = names.length - NAMED;
  return `${word}: ${names.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
}
