/**
 * An EventSource at the URL of one case: it reports what it sees, and it is told to close where the
 * case is about that.
 *
 * @import { ListedCase } from "../server.js"
 */

import { Eyes } from "./eyes.js";

/** How long a client stays before it is told to close. */
const CLOSES_AFTER_MS = 500;

/** The cases in which it is told to close. @param {Pick<ListedCase, "id">} listed */
const isToBeClosed = ({ id }) => id.startsWith("R12-");

/**
 * @param {string} url
 * @param {Pick<ListedCase, "id" | "names">} listed
 * @param {typeof EventSource} [eventSource] for tests
 */
export function openCase(url, listed, eventSource = EventSource) {
  const source = new eventSource(url);
  const eyes = new Eyes(source, url, listed.names);
  if (!isToBeClosed(listed)) return source;
  const close = () => {
    // a person stopped it, or it gave up: nobody told it, and a new try may have its name
    if (source.readyState === eventSource.CLOSED) return;
    source.close();
    void eyes.closed();
  };
  source.addEventListener("open", () => setTimeout(close, CLOSES_AFTER_MS), { once: true });
  return source;
}
