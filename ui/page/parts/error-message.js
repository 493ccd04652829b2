/**
 * The message of whatever was thrown or rejected: the app rejects with text, the browser with an
 * Error.
 *
 * @param {unknown} reason
 */
export function errorMessage(reason) {
  return reason instanceof Error ? reason.message : String(reason);
}
