/**
 * The page's colours and fonts as a canvas takes them. A canvas cannot read custom properties, and
 * a custom property is not resolved when it is read: an element that nobody sees is coloured with
 * each.
 *
 * @import { Theme } from "./timeline-marks.js"
 */

const COLOURS = /** @type {const} */ ([
  "field", "ground", "line", "edge", "text", "quiet", "accent", "wash", "go", "wait", "fail",
]);

/** Where a person's own colours are in force, these stand for them; shapes say the rest. */
const FORCED = {
  field: "Canvas",
  ground: "Canvas",
  line: "GrayText",
  edge: "CanvasText",
  text: "CanvasText",
  quiet: "CanvasText",
  accent: "LinkText",
  wash: "Canvas",
  go: "CanvasText",
  wait: "Highlight",
  fail: "VisitedText",
};

const DARK = "(prefers-color-scheme: dark)";
const HIGH = "(forced-colors: active)";

/**
 * @param {HTMLElement} probe an element that is laid out and not seen
 * @returns {Theme}
 */
export function readTheme(probe) {
  const forced = matchMedia(HIGH).matches;
  const style = getComputedStyle(probe);
  const colours = COLOURS.map((name) => {
    probe.style.color = forced ? FORCED[name] : `var(--${name})`;
    return [name, style.color];
  });
  const fonts = /** @type {const} */ (["words", "wire"]).map((name) => {
    probe.style.fontFamily = `var(--${name})`;
    return [name, style.fontFamily];
  });
  probe.removeAttribute("style");
  return Object.fromEntries([...colours, ...fonts]);
}

/**
 * Calls back when the colours change.
 *
 * @param {() => void} changed
 */
export function onThemeChange(changed) {
  for (const query of [DARK, HIGH]) matchMedia(query).addEventListener("change", changed);
}

/** Whether the person wants nothing to glide. */
export const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
