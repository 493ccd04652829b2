/**
 * <watch-place>: asks for any URL through the app, and shows what comes: rows, joined text, bytes,
 * the exchange, when each piece came, and what is wrong with it. In a browser it says where that is
 * possible.
 *
 * @import { FindingView, WatchView } from "../server.js"
 * @import { App, Arrival, Watcher } from "../types.js"
 */

import { EventList } from "../panel/event-list.js";
import { EventView } from "../panel/event-view.js";
import { ArrivalPlot } from "./arrival-plot.js";
import { FindingList } from "./finding-list.js";
import { JoinedText } from "./joined-text.js";
import { Poll } from "../parts/poll.js";
import { WatchExchange } from "./watch-exchange.js";
import { WatchFeed } from "./watch-feed.js";
import { WatchForm } from "./watch-form.js";
import { WatchWire } from "./watch-wire.js";
import { announce } from "../parts/announce.js";
import { copyOnClick } from "../parts/copy-button.js";
import { count } from "../parts/format.js";
import { emptyWords, figureWords, sizeWords, wayWords } from "./watch-words.js";
import { errorMessage } from "../parts/error-message.js";
import { markup, part, setText } from "../parts/dom.js";

/** What a watch of which nothing is new is asked, and one that is in no view. */
const CALM_MS = 250;
const HIDDEN_MS = 1000;

/** @typedef {"events" | "text" | "wire" | "exchange" | "diagnosis" | "event"} Tab */

/** The tabs of what came, and those of what is said of it. @type {[Tab, string][][]} */
const TABS = [
  [["events", "Events"], ["text", "Text"], ["wire", "Wire"], ["exchange", "Request"]],
  [["diagnosis", "Diagnosis"], ["event", "Event"]],
];

/** @param {[Tab, string][]} tabs @param {string} label */
const tabMarkup = (tabs, label) => `<div class="tabs" role="tablist" aria-label="${label}">${tabs
  .map(
    ([tab, words]) => `<button type="button" role="tab" id="watch-tab-${tab}" data-tab="${tab}"
      aria-controls="watched-${tab}">${words} <span class="badge"></span></button>`,
  )
  .join("")}</div>`;

/** @param {Tab} tab @param {string} inner */
const viewMarkup = (tab, inner) => `<section role="tabpanel" id="watched-${tab}" tabindex="-1"
  aria-labelledby="watch-tab-${tab}" data-view="${tab}">${inner}</section>`;

const newPlace = markup(`
  <form novalidate><h2 class="unseen">A request</h2></form>
  <div class="picture" role="group" aria-label="How it goes">
    <dl class="figures"></dl>
    <p class="dialect meta"></p>
    <arrival-plot></arrival-plot>
  </div>
  <div class="came">
    ${tabMarkup(TABS[0], "What came")}
    ${viewMarkup("events", `<event-list></event-list>
      <div class="nothing"><p class="hint"></p></div>`)}
    ${viewMarkup("text", `<joined-text></joined-text>`)}
    ${viewMarkup("wire", `<watch-wire></watch-wire>`)}
    ${viewMarkup("exchange", "").replace("-1", "0")}
  </div>
  <div class="said">
    ${tabMarkup(TABS[1], "What is said of it")}<p class="levels"></p>
    ${viewMarkup("diagnosis", `<finding-list></finding-list>
      <p class="again"><button type="button" class="small" data-act="again"
        title="Send two more requests, to see what a client gets when it reconnects"
        >Check the reconnect</button> <span class="quiet meta">two more requests: with the last
        event id, and with HEAD</span></p>`)}
    ${viewMarkup("event", "")}
  </div>
  <div class="first">
    <p>Watch any stream: see every byte that comes and when it came, and read what is wrong with
      it. Type an address above, or paste what a browser copied with “Copy as cURL”.</p>
    <p><button type="button" data-act="own">Watch /endless of this server</button></p>
  </div>`);

const newElsewhere = markup(`
  <div class="elsewhere">
    <h2>Watch any URL</h2>
    <p>No web page may make the app fetch a URL, so this works in the app’s window only. In a
      terminal, the command does the same:</p>
    <p class="try"><code>sse watch --diagnose http://localhost:8000/endless</code
      ><button type="button" class="small" data-act="copy"
        aria-label="Copy the line">Copy</button></p>
  </div>`);

const newFigure = markup(`<div><dd></dd><dt class="meta"></dt></div>`);

/** @type {Record<string, number>} */
const ARROWS = { ArrowLeft: -1, ArrowRight: 1 };

/** The state as the shapes of the page know it. @type {Record<WatchView["state"], string>} */
const SHAPES = {
  idle: "idle",
  asking: "connecting",
  open: "open",
  waiting: "lost",
  over: "ended",
  failed: "refused",
};

export class WatchPlace extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {WatchForm | null} */
  #form = null;
  /** @type {WatchExchange | null} */
  #exchange = null;
  /** @type {EventView | null} */
  #event = null;
  /** @type {Poll<void> | null} */
  #poll = null;
  #feed = new WatchFeed();
  /** The chosen tab of each row. @type {Tab[]} */
  #tabs = ["events", "diagnosis"];
  /** The run whose state was last announced, and the state. */
  #announced = "";
  /** The run whose failure was last said, and the sentence. */
  #failure = "";
  /** A person did something, so the watch is read even if nothing goes on. */
  #wanted = true;
  #readAt = -Infinity;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    const { watcher } = app.host;
    if (!watcher) {
      this.append(newElsewhere());
      const base = () => app.host.streamBase(app.store.get("status"));
      app.store.on("status", () =>
        setText(
          part(this, "code"),
          `sse watch --diagnose ${base() ?? "http://localhost:8000"}/endless`,
        ),
      );
      copyOnClick(part(this, "[data-act=copy]"), app.host, () =>
        part(this, "code").textContent ?? "",
      );
      return;
    }
    this.append(newPlace());
    this.#form = new WatchForm(part(this, "form"), {
      read: (line) => watcher.fromCurl(line),
      watch: (form, records) => this.#do(() => watcher.begin(form, records)),
      stop: () => this.#do(() => watcher.stop()),
      record: () => this.#do(() => watcher.record()),
      stopRecording: () => this.#do(() => watcher.stopRecording()),
    });
    this.#exchange = new WatchExchange(part(this, "[data-view=exchange]"));
    this.#event = new EventView(part(this, "[data-view=event]"), app);
    this.#text.connect(app);
    this.#wire.connect(app);
    this.#findings.connect(watcher);
    this.#list.label = "Events of the watched stream";
    this.#list.onchosen = (arrival) => this.#choseEvent(arrival);
    for (const tabs of this.querySelectorAll(".tabs")) this.#listenTo(tabs);
    part(this, "[data-act=again]").addEventListener("click", () =>
      this.#do(() => watcher.askAgain()),
    );
    part(this, "[data-act=own]").addEventListener("click", () =>
      this.#do(async () => {
        const base = app.host.streamBase(app.store.get("status"));
        if (!base) throw new Error("The server is stopped: start it, or give another address.");
        this.#form?.watch({ ...(await watcher.form()), url: `${base}/endless` });
      }),
    );
    this.#poll = new Poll(
      {
        ask: () => this.#ask(watcher),
        answered: () => {},
        failed: (reason) => this.#form?.problem(errorMessage(reason)),
      },
      { calmMs: CALM_MS },
    );
    new ResizeObserver(() => this.#nudge()).observe(this);
    document.addEventListener("visibilitychange", () => this.#nudge());
    this.#fill(watcher);
    this.#show();
  }

  /** @param {Watcher} watcher */
  async #fill(watcher) {
    try {
      this.#form?.begin(await watcher.form());
    } catch (reason) {
      this.#form?.problem(errorMessage(reason));
    }
    this.#nudge();
  }

  /** Takes the keys to the filter of what is read, or to the address. */
  find() {
    if (this.#feed.view?.run && this.#tabs[0] === "events") this.#list.find();
    else this.#form?.find();
  }

  get #list() {
    return /** @type {EventList} */ (part(this, "event-list"));
  }

  get #text() {
    return /** @type {JoinedText} */ (part(this, "joined-text"));
  }

  get #wire() {
    return /** @type {WatchWire} */ (part(this, "watch-wire"));
  }

  get #findings() {
    return /** @type {FindingList} */ (part(this, "finding-list"));
  }

  get #plot() {
    return /** @type {ArrivalPlot} */ (part(this, "arrival-plot"));
  }

  get #isOn() {
    return ["asking", "open", "waiting"].includes(this.#feed.view?.state ?? "idle");
  }

  /**
   * Does what a person asked for, and shows what came of it at once.
   *
   * @param {() => Promise<void>} act
   * @returns {Promise<boolean>} whether it was done
   */
  async #do(act) {
    try {
      this.#form?.problem("");
      await act();
      return true;
    } catch (reason) {
      this.#form?.problem(errorMessage(reason));
      return false;
    } finally {
      this.#nudge();
    }
  }

  /** Reads the watch soon, whether or not it goes on. */
  #nudge() {
    this.#wanted = true;
    this.#poll?.nudge();
  }

  /**
   * @param {Watcher} watcher
   * @returns {Promise<void> | number | null}
   */
  #ask(watcher) {
    const isShown = this.clientHeight > 0 && !document.hidden;
    if (!this.#isOn && !this.#feed.view?.probing && !this.#wanted) return null;
    const wait = isShown || this.#wanted ? 0 : this.#readAt + HIDDEN_MS - performance.now();
    if (wait > 0) return wait;
    this.#wanted = false;
    this.#readAt = performance.now();
    return this.#read(watcher, isShown);
  }

  /**
   * @param {Watcher} watcher
   * @param {boolean} isShown
   */
  async #read(watcher, isShown) {
    const view = await watcher.read(this.#feed.cursor);
    const { isNewRun, arrivals, skipped } = this.#feed.add(view);
    if (isNewRun) {
      this.#list.reset();
      this.#event?.show(null, this.#about);
      this.#text.clear();
    }
    this.#list.skip(skipped);
    for (const arrival of arrivals) this.#list.push(arrival);
    if (this.#tabs[0] === "text" && isShown) {
      this.#text.show(await watcher.joined(), view.run > 0);
    }
    this.#show();
  }

  /** What an event's view wants to know of its stream. */
  get #about() {
    return { retry_ms: this.#feed.view?.retry_ms ?? null };
  }

  /** @param {Arrival | null} arrival */
  #choseEvent(arrival) {
    this.#event?.show(arrival, this.#about);
    this.#choose(arrival ? "event" : "diagnosis");
  }

  /** @param {Element} tabs */
  #listenTo(tabs) {
    tabs.addEventListener("click", ({ target }) => {
      const tab = target instanceof Element ? target.closest("[data-tab]") : null;
      if (tab instanceof HTMLElement) this.#choose(/** @type {Tab} */ (tab.dataset.tab));
    });
    tabs.addEventListener("keydown", (event) => {
      const by = ARROWS[/** @type {KeyboardEvent} */ (event).key];
      const all = [...tabs.querySelectorAll("[data-tab]")];
      const to = all[all.findIndex(({ ariaSelected }) => ariaSelected === "true") + by];
      if (by === undefined || !(to instanceof HTMLElement)) return;
      event.preventDefault();
      this.#choose(/** @type {Tab} */ (to.dataset.tab));
      to.focus();
    });
  }

  /** @param {Tab} chosen */
  #choose(chosen) {
    const row = TABS.findIndex((tabs) => tabs.some(([tab]) => tab === chosen));
    this.#tabs[row] = chosen;
    this.#showTabs();
    this.#nudge();
  }

  #showTabs() {
    for (const [tab] of TABS.flat()) {
      const isChosen = this.#tabs.includes(tab);
      const button = part(this, `[data-tab=${tab}]`);
      button.ariaSelected = String(isChosen);
      button.tabIndex = isChosen ? 0 : -1;
      part(this, `[data-view=${tab}]`).hidden = !isChosen;
    }
  }

  #show() {
    this.#showTabs();
    const { view } = this.#feed;
    const run = view?.run ?? 0;
    this.toggleAttribute("data-first", run === 0);
    if (!view || run === 0) {
      this.#form?.show(false, "idle", { words: "", way: "", ended: "" });
      this.#form?.showRecording(null);
      return;
    }
    this.#form?.showRecording(view.recording);
    const failed = view.state === "failed";
    const shape = view.ended_by === "cut" ? "refused" : SHAPES[view.state];
    this.#form?.show(this.#isOn, shape, {
      words: failed ? "failed" : view.words,
      way: wayWords(view.exchange),
      ended: view.exchange ? sizeWords(view) : "",
    });
    this.#sayFailure(view.run, failed ? view.words : "");
    this.#showPicture(view);
    setText(part(this, "[data-tab=events] .badge"), count(view.events_counted));
    setText(part(this, "[data-view=events] .hint"), emptyWords(view));
    this.#wire.show(this.#feed.log);
    this.#exchange?.show(view.exchange);
    this.#findings.show(view.findings);
    const again = part(this, ".again");
    const isOver = !view.can_probe && !view.probing;
    if (isOver && again.contains(document.activeElement)) {
      part(this, "[data-tab=diagnosis]").focus();
    }
    again.hidden = isOver;
    part(this, "[data-act=again]").ariaDisabled = view.probing ? "true" : null;
    part(this, ".levels").replaceChildren(...levelWords(view.findings));
    this.#app?.store.set("watched", { words: view.words, isOn: this.#isOn });
    this.#announce(view);
  }

  /** @param {WatchView} view */
  #showPicture(view) {
    const { arrivals, figures, elapsed_ms: elapsedMs } = view;
    const list = part(this, ".figures");
    const words = figureWords(figures, arrivals.usual_gap_ms);
    while (list.children.length < words.length) list.append(newFigure());
    words.forEach(({ value, words: what, stands }, index) => {
      const figure = list.children[index];
      setText(part(figure, "dd"), value || "–");
      setText(part(figure, "dt"), what);
      figure.toggleAttribute("data-stands", stands);
    });
    setText(part(this, ".picture > .dialect"), figures.dialect ?? "");
    this.#plot.show({
      steps: this.#feed.steps,
      stepMs: this.#feed.stepMs,
      elapsedMs,
      silentMs: arrivals.silent_ms,
      usualMs: arrivals.usual_gap_ms,
      end: view.ended_by,
    });
  }

  /**
   * Says a failure once: what is said of the form later stays. Another watch has another problem,
   * or none.
   *
   * @param {number} run
   * @param {string} sentence
   */
  #sayFailure(run, sentence) {
    const failure = `${run} ${sentence}`;
    if (this.#failure === failure) return;
    this.#failure = failure;
    this.#form?.problem(sentence);
  }

  /** @param {WatchView} view */
  #announce({ run, state, words }) {
    const now = `${run} ${state}`;
    if (this.#announced === now) return;
    announce(words);
    this.#announced = now;
  }
}

/**
 * How many findings are how bad, for those that are.
 *
 * @param {FindingView[]} findings
 */
const levelWords = (findings) =>
  /** @type {const} */ (["broken", "risky"]).flatMap((level) => {
    const number = findings.filter((finding) => finding.level === level).length;
    if (number === 0) return [];
    return [
      Object.assign(document.createElement("span"), {
        className: level,
        textContent: `${number} ${level}`,
      }),
    ];
  });

customElements.define("watch-place", WatchPlace);
