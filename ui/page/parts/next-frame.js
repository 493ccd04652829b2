/**
 * One flush each animation frame, shared by the whole page. However many events arrive between two
 * frames, each part of the page is drawn at most once. Never draw directly: request it here.
 */

/** @type {Set<() => void>} */
const waiting = new Set();

function flush() {
  const due = [...waiting];
  waiting.clear();
  for (const draw of due) draw();
}

/** @param {() => void} draw the same function is called once a frame, however often it is passed */
export function nextFrame(draw) {
  if (waiting.size === 0) requestAnimationFrame(flush);
  waiting.add(draw);
}
