/**
 * <place-tabs>: the tabs of the page's places. They are a rail, or a row when the page is narrow.
 * Arrow keys move along them, and the address keeps the chosen place. index.html has the tabs and
 * their places, so that they exist before any script runs. What a tab counts or marks is defined
 * here.
 *
 * @import { FileProblem } from "../server.js"
 * @import { App } from "../types.js"
 */

import { count } from "../parts/format.js";
import { armedWords, fileProblemWords } from "../parts/words.js";
import { markup, part, setText } from "../parts/dom.js";

/** @type {Record<string, number>} */
const ARROWS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

const newMark = markup(
  `<span class="problem"><span class="shape" aria-hidden="true"></span
    ><span class="unseen">(the file of streams has a problem)</span></span>`,
);

export class PlaceTabs extends HTMLElement {
  /** @param {App} app */
  connect({ store }) {
    this.addEventListener("keydown", (event) => this.#onKey(event));
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.#go(tab));
    const showOpen = () => {
      // while the server does not answer, the last count may be wrong
      const open = store.get("unreachable") ? 0 : (store.get("connections")?.open ?? 0);
      setText(part(this, "#tab-connections .badge"), open > 0 ? count(open) : "");
    };
    store.on("connections", showOpen);
    store.on("unreachable", showOpen);
    store.on("faults", ({ length: armed }) => {
      const badge = part(this, "#tab-faults .badge");
      setText(badge, armed > 0 ? count(armed) : "");
      part(this, "#tab-faults").title = armed > 0 ? armedWords(armed) : "";
    });
    store.on("watched", (watched) => {
      setText(part(this, "#tab-watch .badge"), watched?.isOn ? "1" : "");
      part(this, "#tab-watch").title = watched?.words ?? "";
    });
    store.on("judged", (judged) => {
      setText(part(this, "#tab-lab .badge"), judged?.wrong ? count(judged.wrong) : "");
      part(this, "#tab-lab").title = judged?.words ?? "";
    });
    store.on("streams_file", (file) => this.#mark(file?.problem ?? null));
    store.on("about", ({ version }) => setText(part(document, "#about"), version));
    const narrow = matchMedia("(max-width: 639px)");
    const turn = () =>
      (part(this, "[role=tablist]").ariaOrientation = narrow.matches ? "horizontal" : "vertical");
    narrow.addEventListener("change", turn);
    turn();
    this.#show(
      this.#tabs.find(({ dataset }) => `#${dataset.place}` === location.hash) ?? this.#tabs[0],
    );
  }

  /**
   * Marks a problem with the file of streams on the tab, so that it is seen from every place.
   *
   * @param {FileProblem | null} problem
   */
  #mark(problem) {
    const mark = part(this, ".mark");
    mark.replaceChildren(...(problem ? [newMark()] : []));
    part(this, "#tab-streams").title = problem ? fileProblemWords(problem) : "";
  }

  get #tabs() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll("[data-place]")]);
  }

  /** @param {HTMLElement} chosen */
  #go(chosen) {
    this.#show(chosen);
    history.replaceState(null, "", `#${chosen.dataset.place}`);
  }

  /** @param {HTMLElement} chosen */
  #show(chosen) {
    for (const tab of this.#tabs) {
      const isChosen = tab === chosen;
      tab.ariaSelected = String(isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      part(document, `#place-${tab.dataset.place}`).hidden = !isChosen;
    }
  }

  /** The name of the place that is shown. */
  get place() {
    return this.#tabs.find(({ ariaSelected }) => ariaSelected === "true")?.dataset.place ?? "";
  }

  /**
   * Shows a place; it does nothing where there is none of this name.
   *
   * @param {string} place
   */
  visit(place) {
    const tab = this.#tabs.find(({ dataset }) => dataset.place === place);
    if (tab) this.#go(tab);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const tabs = this.#tabs;
    const from = tabs.findIndex((tab) => tab === document.activeElement);
    const by = ARROWS[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : from + by;
    if (from < 0 || !tabs[to]) return;
    event.preventDefault();
    this.#go(tabs[to]);
    tabs[to].focus();
  }
}

customElements.define("place-tabs", PlaceTabs);
