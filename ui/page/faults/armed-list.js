/**
 * <armed-list>: what is armed, a line each, in the server's words. The time that is left, and the
 * time since it struck last, are counted here between two reports.
 *
 * @import { FaultView } from "../server.js"
 * @import { App } from "../types.js"
 */

import { endsWords, fromWords, lastWords, struckWords, whomWords } from "./fault-words.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";

const TICK_MS = 250;

const newTable = markup(`
  <table aria-labelledby="armed-title">
    <thead><tr><th scope="col"><span class="unseen">number</span></th><th scope="col">fault</th
      ><th scope="col">for</th><th scope="col">armed</th><th scope="col">struck</th
      ><th scope="col">ends</th><th scope="col"><span class="unseen">heal</span></th></tr></thead>
    <tbody></tbody>
  </table>`);

const newLine = markup(`
  <tr><td data-col="id"><span class="flag">${icon("flag")}<span class="text"></span></span></td
    ><td data-col="fault"><code></code></td><td data-col="for"></td><td data-col="from"></td
    ><td data-col="struck"><span class="name">struck: </span><span class="count"></span
    ><span class="last"></span></td><td data-col="ends"><span class="run" hidden></span
    ><span class="text"></span></td><td data-col="heal"><button type="button" class="small"
    data-act="heal">Heal</button></td></tr>`);

export class ArmedList extends HTMLElement {
  /** @type {FaultView[]} */
  #faults = [];
  /** When they were reported, on the clock of `performance`. */
  #at = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  /** @type {((id: number) => void) | null} */
  #heal = null;

  /**
   * @param {App} app
   * @param {(id: number) => void} heal
   */
  connect({ store }, heal) {
    this.#heal = heal;
    this.append(newTable());
    store.on("faults", (faults) => {
      this.#faults = faults;
      this.#at = performance.now();
      this.#draw();
    });
  }

  #draw() {
    const faults = this.#faults;
    this.hidden = faults.length === 0;
    const body = part(this, "tbody");
    const lines = /** @type {HTMLElement[]} */ ([...body.children]);
    const had = new Map(lines.map((line) => [line.dataset.fault, line]));
    const wanted = new Set(faults.map(({ id }) => String(id)));
    for (const [id, line] of had) if (!wanted.has(id ?? "")) line.remove();
    faults.forEach((fault, index) => {
      const line = had.get(String(fault.id)) ?? this.#newLine(fault);
      setText(part(line, "[data-col=struck] .count"), struckWords(fault));
      if (body.children[index] !== line) body.insertBefore(line, body.children[index] ?? null);
    });
    this.#count();
    const counts = faults.some(
      ({ last, left_ms, begins_in_ms }) => last || left_ms !== null || begins_in_ms > 0,
    );
    clearInterval(this.#ticking);
    if (counts) {
      this.#ticking = setInterval(() => {
        if (this.checkVisibility()) this.#count();
      }, TICK_MS);
    }
  }

  /** @param {FaultView} fault */
  #newLine(fault) {
    const line = part(newLine(), "tr");
    line.dataset.fault = String(fault.id);
    setText(part(line, "[data-col=id] .text"), String(fault.id));
    const code = part(line, "code");
    setText(code, fault.fault);
    code.title = fault.fault;
    setText(part(line, "[data-col=for]"), whomWords(fault));
    part(line, "[data-col=for]").title = whomWords(fault);
    setText(part(line, "[data-col=from]"), fromWords(fault));
    const heal = part(line, "[data-act=heal]");
    heal.ariaLabel = `Heal fault ${fault.id}`;
    heal.addEventListener("click", () => this.#heal?.(fault.id));
    return line;
  }

  /** Shows how much time has passed since the last strike, and how much is left. */
  #count() {
    const passed = performance.now() - this.#at;
    const lines = part(this, "tbody").children;
    this.#faults.forEach((fault, index) => {
      const struck = part(lines[index], "[data-col=struck]");
      const last = lastWords(fault, Date.now());
      setText(part(struck, ".last"), last);
      struck.title = [struckWords(fault), last].filter(Boolean).join(", ");
      const cell = part(lines[index], "[data-col=ends]");
      const { words, left } = endsWords(fault, passed);
      setText(part(cell, ".text"), words);
      const run = part(cell, ".run");
      run.hidden = left === null;
      if (left === null || fault.left_ms === null) return;
      // it ends then on the server's clock, which is this one's
      const whole = Date.now() + left - fault.armed_ms;
      run.style.inlineSize = `${Math.round(64 * Math.min(1, left / Math.max(1, whole)))}px`;
    });
  }
}

customElements.define("armed-list", ArmedList);
