/**
 * How many events a stream's clients were sent in each of the last sixty seconds, from the server's
 * totals. Pure: the caller asks the server, and knows the time.
 *
 * @import { ActivityView } from "../server.js"
 */

/** The seconds that a sparkline shows. */
export const SECONDS = 60;
/** The seconds whose mean is the rate. */
const RATE_SECONDS = 3;

/** @typedef {{ at: number, events: number }} Sample */

export class Activity {
  /** @type {Map<string, { open: number, samples: Sample[] }>} */
  #byPath = new Map();

  /**
   * Takes the server's next answer.
   *
   * @param {ActivityView} view
   */
  take({ at_ms, streams }) {
    const paths = new Set(streams.map(({ path }) => path));
    for (const path of this.#byPath.keys()) if (!paths.has(path)) this.#byPath.delete(path);
    for (const { path, open, events } of streams) {
      const samples = this.#byPath.get(path)?.samples ?? [];
      samples.push({ at: at_ms, events });
      while (samples.length > 1 && samples[1].at <= at_ms - SECONDS * 1000) samples.shift();
      this.#byPath.set(path, { open, samples });
    }
  }

  /** How many clients read it now. @param {string} path */
  open(path) {
    return this.#byPath.get(path)?.open ?? 0;
  }

  /**
   * Events a second, over the last three seconds; null while that is not known.
   *
   * @param {string} path
   */
  rate(path) {
    const samples = this.#byPath.get(path)?.samples ?? [];
    const last = samples[samples.length - 1];
    const from = samples.findLast(({ at }) => last && at <= last.at - RATE_SECONDS * 1000);
    if (!from || !last) return null;
    return Math.max(0, (last.events - from.events) / ((last.at - from.at) / 1000));
  }

  /**
   * The events of each second, oldest first, the last one at the right edge.
   *
   * @param {string} path
   * @returns {number[]}
   */
  seconds(path) {
    const samples = this.#byPath.get(path)?.samples ?? [];
    const seconds = new Array(SECONDS).fill(0);
    const now = samples[samples.length - 1]?.at ?? 0;
    for (let index = 1; index < samples.length; index += 1) {
      const { at, events } = samples[index];
      const before = samples[index - 1];
      const second = SECONDS - 1 - Math.floor((now - at) / 1000);
      const sent = Math.max(0, events - before.events);
      if (second >= 0) seconds[second] += sent / Math.max(1, (at - before.at) / 1000);
    }
    return seconds;
  }
}

/**
 * The line through these values, as the `d` of an SVG path: the highest value touches the top, and
 * no events are a line at the foot.
 *
 * @param {number[]} values
 * @param {number} width
 * @param {number} height
 */
export function linePath(values, width, height) {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  const point = (/** @type {number} */ value, /** @type {number} */ index) =>
    `${(index * step).toFixed(1)} ${(height - (value / most) * height).toFixed(1)}`;
  return values.length === 0 ? "" : `M${values.map(point).join("L")}`;
}
