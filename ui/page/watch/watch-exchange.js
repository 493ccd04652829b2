/**
 * The request of a watch and the head of its answer: what was sent, which redirects there were,
 * when each step was done, and what came before the body. Secrets are hidden by the app.
 *
 * @import { ExchangeView, ShownHeader } from "../server.js"
 */

import { markup, part, setText } from "../parts/dom.js";
import { time } from "./watch-words.js";

const newExchange = markup(`
  <p class="empty quiet">The request and the head of the answer are shown here.</p>
  <div class="both" hidden>
    <section><h3 class="meta">Request</h3><pre class="sent"></pre></section>
    <section><h3 class="meta">Answer</h3><pre class="received"></pre></section>
    <section class="redirects"><h3 class="meta">Redirects</h3><ul></ul></section>
    <section><h3 class="meta">Steps</h3><ol class="steps"></ol></section>
  </div>`);

const newStep = markup(`<li><span class="what"></span><span class="at"></span
  ><span class="bar"><span></span></span></li>`);

export class WatchExchange {
  #root;
  #shown = "";

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    root.append(newExchange());
  }

  /** @param {ExchangeView | null} exchange */
  show(exchange) {
    const key = JSON.stringify(exchange);
    // a redraw would take a selection away
    if (key === this.#shown) return;
    this.#shown = key;
    part(this.#root, ".empty").hidden = exchange !== null;
    part(this.#root, ".both").hidden = exchange === null;
    if (!exchange) return;
    const { method, url, sent, http, status, received, hops, steps } = exchange;
    setText(part(this.#root, ".sent"), [`${method} ${url}`, ...sent.map(line)].join("\n"));
    setText(part(this.#root, ".received"), [`${http} ${status}`, ...received.map(line)].join("\n"));
    part(this.#root, ".redirects").hidden = hops.length === 0;
    part(this.#root, ".redirects ul").replaceChildren(
      ...hops.map((hop) => Object.assign(document.createElement("li"), { textContent: hop })),
    );
    const longest = Math.max(...steps.map(({ at_ms: at }) => at), 1);
    let before = 0;
    part(this.#root, ".steps").replaceChildren(
      ...steps.map(({ what, at_ms: at }) => {
        const step = newStep();
        setText(part(step, ".what"), what);
        setText(part(step, ".at"), time(at));
        const bar = part(step, ".bar > span");
        bar.style.marginInlineStart = `${(before / longest) * 100}%`;
        bar.style.inlineSize = `${(Math.max(0, at - before) / longest) * 100}%`;
        before = at;
        return step;
      }),
    );
  }
}

/** @param {ShownHeader} header */
const line = ({ name, value }) => `${name}: ${value}`;
