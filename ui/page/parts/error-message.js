/**
 * The sentence in whatever was thrown or rejected: the shell rejects with text, the browser with an
 * Error.
 *
 * @param {unknown} reason
 */
export function errorMessage(reason) {
  return reason instanceof Error ? reason.message : String(reason);
}
