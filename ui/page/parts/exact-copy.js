/**
 * Copies what stands below an element marked `data-exact` as it is in the document. There the text
 * is what was on the wire; a browser would hand over what it has laid out: with the ends of blocks
 * for lines, and without what it does not draw.
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
