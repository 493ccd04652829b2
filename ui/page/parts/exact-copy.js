/**
 * Copies the selected text of an element marked `data-exact` as it is in the document, which is the
 * text of the wire. A browser would copy the layout instead: it turns blocks into lines, and leaves
 * out what it does not draw.
 *
 * @param {ClipboardEvent} event
 */
export function copyExactly(event) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !event.clipboardData) return;
  const range = selection.getRangeAt(0);
  const { commonAncestorContainer: node } = range;
  if (!(node instanceof Element ? node : node.parentElement)?.closest("[data-exact]")) return;
  event.clipboardData.setData("text/plain", range.cloneContents().textContent ?? "");
  event.preventDefault();
}
