/**
 * The icons of the tools: one set, drawn for this page on a grid of 16, as lines of 1.5. Pure.
 *
 * A tool is a button with an icon and no words. Its `title` names it, with its key, and its
 * `aria-label` names it for screen readers.
 */

import { markup, part } from "./dom.js";

const SHAPES = {
  copy:
    `<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/>` +
    `<path d="M10.5 3.5a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1"/>`,
  open:
    `<path d="M9.5 2.5h4v4M13.5 2.5 8 8"/>` +
    `<path d="M6.5 3.5h-3a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3"/>`,
  plus: `<path d="M8 3v10M3 8h10"/>`,
  close: `<path d="m4 4 8 8M12 4l-8 8"/>`,
  clear: `<circle cx="8" cy="8" r="5.5"/><path d="m4.2 11.8 7.6-7.6"/>`,
  pause: `<path d="M5.5 3.5v9M10.5 3.5v9"/>`,
  play: `<path d="M5 3.2v9.6L12.5 8z"/>`,
  pin: `<path d="M5 2.5h6M6 2.5v4l-2 2.5h8l-2-2.5v-4M8 9v4.5"/>`,
  record: `<circle cx="8" cy="8" r="5.5"/><circle cx="8" cy="8" r="2" fill="currentColor"/>`,
  save: `<path d="M8 2.5v7M5 6.8l3 3 3-3M3 13.5h10"/>`,
  edit: `<path d="m3 13 .6-2.8 7.3-7.3a1 1 0 0 1 1.4 0l.8.8a1 1 0 0 1 0 1.4l-7.3 7.3z"/>`,
  end:
    `<path d="M3 4.5h10M6.5 4.5v-2h3v2"/>` +
    `<path d="m4.5 4.5.6 8.5a.5.5 0 0 0 .5.5h4.8a.5.5 0 0 0 .5-.5l.6-8.5"/>`,
  picture:
    `<rect x="2.5" y="3.5" width="11" height="9" rx="1"/><circle cx="5.6" cy="6.6" r="1"/>` +
    `<path d="m3 11.5 3.2-2.7 2.3 1.9 2.2-2.2 2.6 2.6"/>`,
  "zoom-in": `<circle cx="7" cy="7" r="4.5"/><path d="m10.4 10.4 3.1 3.1M5 7h4M7 5v4"/>`,
  "zoom-out": `<circle cx="7" cy="7" r="4.5"/><path d="m10.4 10.4 3.1 3.1M5 7h4"/>`,
  now: `<path d="M2.5 8h8M7.5 4.8 10.7 8l-3.2 3.2M13.5 3.5v9"/>`,
  flag: `<path d="M4 14V2.5M4 3h8.5l-2 3 2 3H4"/>`,
  more: `<path d="m4 6.2 4 4 4-4"/>`,
  acts: `<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.5"/>`,
  undo: `<path d="M5.5 3 2.5 6l3 3M2.8 6h6.7a3.5 3.5 0 0 1 0 7H6"/>`,
  done: `<path d="m3 8.5 3.2 3.2L13 5"/>`,
};

/** @typedef {keyof typeof SHAPES} IconName */

/**
 * An icon as markup, for the literals of the page.
 *
 * @param {IconName} name
 */
export const icon = (name) =>
  `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[name]}</svg>`;

/**
 * An icon as a node, for a tool whose icon changes.
 *
 * @param {IconName} name
 */
export const newIcon = (name) => part(markup(icon(name))(), "svg");
