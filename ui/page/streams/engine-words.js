/**
 * What is said of the engine that keeps the topics of several nodes. It knows no DOM.
 *
 * @import { EngineView } from "../server.js"
 */

import { count, several, timeOfDay } from "../parts/format.js";

/** @param {number} ms */
const since = (ms) => `since ${timeOfDay(ms).slice(0, 8)}`;

/**
 * The line that is always there.
 *
 * @param {EngineView} engine
 */
export function engineLine({ state, nodes, since_ms }) {
  switch (state) {
    case "there":
      return `${nodes > 0 ? several(nodes, "node") : "Engine"}, connected ${since(since_ms)}`;
    case "lost":
      return `Engine lost ${since(since_ms)}`;
    default:
      return `Connecting to the engine ${since(since_ms)}`;
  }
}

/**
 * Why it is away, and what is wrong with how it is set up; each is a sentence.
 *
 * @param {EngineView} engine
 */
export function engineProblems({ state, error, warnings }) {
  return [...(state !== "there" && error ? [error] : []), ...warnings];
}

/**
 * What is behind the line, each with its name.
 *
 * @param {EngineView} engine
 * @returns {[string, string][]}
 */
export function engineFacts(engine) {
  const others = engine.names.filter((name) => name !== engine.node);
  /** @type {[string, string][]} */
  const facts = [
    ["Engine", engine.master ? `${engine.place} (master ${engine.master})` : engine.place],
    ["Nodes", [`${engine.node} (this one)`, ...others].join(", ")],
    ["Topics followed", count(engine.followed)],
    ["Waiting for it", count(engine.waiting)],
    ["Reconnects", count(engine.reconnects)],
    ["New lives", count(engine.lives)],
  ];
  if (engine.skipped > 0) facts.push(["Skipped entries", count(engine.skipped)]);
  return facts;
}

/** What the list of topics says while it is empty: a node lists only what is read on it. */
export const NONE_READ_HERE = "No topic has a subscriber on this node: open one by its name.";
