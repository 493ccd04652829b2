/**
 * <streams-place>: the streams and topics of the server as a list, what arrives on the chosen one,
 * and the inspector. A second stream can be pinned beside it. When the page opens, the first finite
 * and the first endless stream are side by side.
 *
 * It is the only owner of the panels. A panel that was shown once stays, with its connection and
 * its events, until its stream is gone.
 *
 * @import { ActivityView, StreamInfo, TopicInfo } from "../server.js"
 * @import { App } from "../types.js"
 * @import { Source } from "./source-list.js"
 */

import { Activity } from "./sparkline.js";
import { NO_NAME, readName } from "../topics/topic-words.js";
import { Poll } from "../parts/poll.js";
import { EngineLine } from "./engine-line.js";
import { SourceList } from "./source-list.js";
import { StreamInspector } from "./stream-inspector.js";
import { StreamPanel } from "../panel/stream-panel.js";
import { StreamsFileLine } from "./streams-file.js";
import { TAKEN_OUT } from "../parts/words.js";
import { TopicPanel } from "../topics/topic-panel.js";
import { count, rate } from "../parts/format.js";
import { fileChanges, newsWords } from "./file-news.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";
import { streamFeed } from "./stream-feed.js";
import { topicPath } from "../host/paths.js";

/** Between two questions for the figures of the list. */
const ACTIVITY_MS = 1000;

const newPlace = markup(`
  <div class="master">
    <source-list></source-list>
    <form class="name" novalidate hidden>
      <label><code class="quiet">/topics/</code><input name="topic" placeholder="name"
        aria-label="Topic name" aria-describedby="topic-problem" autocomplete="off"
        autocapitalize="off" spellcheck="false"></label>
      <button type="submit">Open</button>
      <p class="problem" id="topic-problem" role="alert" hidden></p>
    </form>
    <streams-file hidden></streams-file>
  </div>
  <div class="stage"></div>
  <stream-inspector></stream-inspector>`);

const newPin = markup(`<button type="button" class="tool" data-act="pin" aria-pressed="false"
  >${icon("pin")}</button>`);

/** @typedef {Pick<TopicInfo, "name" | "path"> & Partial<TopicInfo>} KnownTopic */

/**
 * @typedef {object} Shown a stream or topic that has a panel
 * @property {StreamPanel} panel
 * @property {StreamPanel | TopicPanel} pane what the stage shows of it
 * @property {HTMLElement} pin
 */

export class StreamsPlace extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {Map<string, Shown>} by the path, which identifies a stream */
  #shown = new Map();
  /** The names of the topics that were opened here: the server may have none of them. */
  #opened = new Set();
  /** @type {string | null} */
  #chosen = null;
  /** @type {string | null} */
  #pinned = null;
  /** The pane that the inspector is about. @type {string | null} */
  #active = null;
  /** A stream that was defined here, until the server lists it. @type {string | null} */
  #created = null;
  #activity = new Activity();
  /** @type {StreamInfo[] | null} */
  #before = null;

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    const { store } = app;
    this.append(newPlace());
    this.#list.connect({
      choose: (path) => this.choose(path),
      read: (path) => this.#shown.get(path)?.panel.read(),
      remove: (path) => this.#askToEnd(path),
    });
    const engine = /** @type {EngineLine} */ (part(this, "engine-line"));
    engine.connect(app, part(this, ".topics .none"));
    this.#inspector.connect(app);
    this.#file.connect(app);
    this.#connectForm();
    const newStream = part(this, "[data-act=new-stream]");
    newStream.hidden = !app.host.controls;
    newStream.addEventListener("click", () => this.#inspector.beginStream());
    this.#inspector.oncreated = (path) => {
      this.#created = path;
      this.#chooseCreated();
    };
    store.on("streams", (streams) => this.#streamsChanged(streams));
    store.on("topics", () => this.#draw());
    // figures that nobody sees are not asked for
    const poll = new Poll(
      {
        ask: () => (document.hidden ? ACTIVITY_MS : app.host.activity()),
        answered: (/** @type {ActivityView} */ view) => this.#drawActivity(view),
        failed: () => {},
      },
      { pauseMs: ACTIVITY_MS, calmMs: ACTIVITY_MS },
    );
    poll.nudge();
  }

  /** Closes all connections. */
  close() {
    for (const { panel } of this.#shown.values()) panel.close();
  }

  /** Takes the keys to the filter of the chosen stream's events. */
  find() {
    this.#shown.get(this.#active ?? "")?.panel.find();
  }

  get #list() {
    return /** @type {SourceList} */ (part(this, "source-list"));
  }

  get #inspector() {
    return /** @type {StreamInspector} */ (part(this, "stream-inspector"));
  }

  get #file() {
    return /** @type {StreamsFileLine} */ (part(this, "streams-file"));
  }

  get #store() {
    return /** @type {App} */ (this.#app).store;
  }

  /** @returns {(StreamInfo | KnownTopic)[]} */
  get #sources() {
    return [...(this.#store.get("streams") ?? []), ...this.#topics];
  }

  /**
   * Those of the server, and those that were opened here and do not exist yet.
   *
   * @returns {KnownTopic[]}
   */
  get #topics() {
    const topics = this.#store.get("topics") ?? [];
    const names = new Set(topics.map(({ name }) => name));
    const others = [...this.#opened].filter((name) => !names.has(name));
    return [...topics, ...others.map((name) => ({ name, path: topicPath(name) }))];
  }

  /**
   * Shows what arrives on a stream or topic.
   *
   * @param {string} path
   */
  choose(path) {
    if (path !== this.#pinned) this.#chosen = path;
    this.#panelOf(path);
    this.#activate(path);
    this.#draw();
  }

  /** @param {string} path */
  #activate(path) {
    this.#active = path;
    const shown = this.#shown.get(path);
    if (!shown) return;
    this.#inspector.inspect(shown.panel.feed, shown.pane instanceof TopicPanel);
    this.#inspector.showEvent(shown.panel.chosen, shown.panel.feed);
  }

  /** @param {StreamInfo[]} streams */
  #streamsChanged(streams) {
    const changes = fileChanges(this.#before ?? streams, streams);
    this.#before = streams;
    const news = newsWords(changes);
    if (news !== "") this.#file.showNews(news);
    const follow = (/** @type {string | null} */ path) =>
      changes.renamed.find(([from]) => from === path)?.[1] ?? path;
    const paths = new Set(streams.map(({ path }) => path));
    let lostFocus = false;
    for (const [path, { panel, pane }] of this.#shown) {
      if (pane instanceof TopicPanel || paths.has(path)) continue;
      lostFocus ||= pane.contains(document.activeElement);
      panel.discard(TAKEN_OUT);
      this.#shown.delete(path);
    }
    for (const info of streams) this.#shown.get(info.path)?.panel.update(streamFeed(info));
    const isThere = (/** @type {string | null} */ path) =>
      path !== null && (paths.has(path) || this.#shown.has(path));
    this.#pinned = isThere(follow(this.#pinned)) ? follow(this.#pinned) : null;
    this.#chosen = isThere(follow(this.#chosen)) ? follow(this.#chosen) : null;
    this.#active = isThere(follow(this.#active)) ? follow(this.#active) : null;
    if (this.#chosen === null) this.#chooseFirst(streams);
    this.#activate(this.#active ?? this.#chosen ?? "");
    this.#draw();
    if (lostFocus) this.#list.focus();
    this.#chooseCreated();
  }

  /** The file is read a moment after it was written. */
  #chooseCreated() {
    const path = this.#created;
    if (path === null || !this.#sources.some((source) => source.path === path)) return;
    this.#created = null;
    this.choose(path);
  }

  /**
   * An endless stream shows something at once; the finite one beside it shows an end.
   *
   * @param {StreamInfo[]} streams
   */
  #chooseFirst(streams) {
    const endless = streams.find(({ endless }) => endless) ?? streams[0];
    const finite = streams.find((info) => !info.endless);
    this.#chosen = endless?.path ?? null;
    if (this.#pinned === null && finite && finite !== endless) this.#pinned = finite.path;
    if (this.#pinned === this.#chosen) this.#pinned = null;
  }

  /**
   * The panel of a stream or topic, which is made when it is first shown.
   *
   * @param {string} path
   * @returns {Shown | undefined}
   */
  #panelOf(path) {
    const known = this.#shown.get(path);
    const info = this.#sources.find((source) => source.path === path);
    if (known || !info) return known;
    const app = /** @type {App} */ (this.#app);
    const pin = part(newPin(), "button");
    pin.addEventListener("click", () => this.#pin(path));
    /** @type {Shown} */
    let shown;
    if ("summary" in info) {
      const panel = new StreamPanel(app, streamFeed(info), [pin]);
      panel.onstanding = () => this.#ask();
      shown = { panel, pane: panel, pin };
    } else {
      // it stays in the list until it is closed here, even if the server ends it
      this.#opened.add(info.name);
      const pane = new TopicPanel(app, info.name, [pin]);
      pane.onstanding = () => this.#ask();
      pane.onclose = () => this.#closeTopic(info.name);
      shown = { panel: pane.panel, pane, pin };
    }
    shown.panel.onchosen = () => {
      this.#activate(path);
      this.#ask();
    };
    shown.pane.addEventListener("focusin", () => {
      if (this.#active === path) return;
      this.#activate(path);
      this.#ask();
    });
    this.#shown.set(path, shown);
    part(this, ".stage").append(shown.pane);
    return shown;
  }

  /** @param {string} path */
  #pin(path) {
    if (this.#pinned === path) {
      // both stay known, and the one that was pinned stays in view
      this.#pinned = null;
      this.#chosen = path;
    } else {
      const others = [this.#pinned, ...this.#sources.map((source) => source.path)];
      this.#pinned = path;
      if (this.#chosen === path) {
        this.#chosen = others.find((other) => other !== null && other !== path) ?? null;
      }
    }
    this.#activate(path);
    this.#draw();
    this.#orderPanes();
  }

  /** The keys go from pane to pane as the eye does: the pinned one is first. */
  #orderPanes() {
    const pinned = this.#shown.get(this.#pinned ?? "");
    if (!pinned || !pinned.pane.previousElementSibling) return;
    const focused = document.activeElement;
    part(this, ".stage").prepend(pinned.pane);
    // an element that is moved loses the focus
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  #ask() {
    nextFrame(this.#draw);
  }

  #draw = () => {
    if (this.#store.get("streams") === undefined) return;
    const panes = [this.#pinned, this.#chosen].filter((path) => path !== null);
    const inView = panes.map((path) => this.#panelOf(path));
    this.toggleAttribute("data-pinned", inView.length > 1);
    for (const [path, { pane, pin }] of this.#shown) {
      const at = panes.indexOf(path);
      pane.hidden = at < 0;
      pane.style.order = String(at);
      const isPinned = path === this.#pinned;
      pin.ariaPressed = String(isPinned);
      pin.title = isPinned ? "Unpin" : "Pin: keep this stream in view while you choose another";
      pin.ariaLabel = pin.title;
    }
    this.#list.draw(this.#sources.map((info) => this.#described(info)), this.#active);
    this.#inspector.clients = this.#activity.open(this.#active ?? "");
    const active = this.#shown.get(this.#active ?? "");
    if (active) this.#inspector.inspect(active.panel.feed, active.pane instanceof TopicPanel);
  };

  /**
   * @param {StreamInfo | KnownTopic} info
   * @returns {Source}
   */
  #described(info) {
    const { path } = info;
    const shown = this.#shown.get(path);
    const isTopic = !("summary" in info);
    const standing = shown?.panel.standing;
    const figures = isTopic ? topicFigures(info) : this.#rateWords(path);
    const state = standing && !QUIET.has(standing.state) ? shortWords(standing.words) : "";
    const words = [isTopic ? "" : path, state, figures];
    return {
      path,
      title: isTopic ? info.name : info.title,
      isTopic,
      state: standing?.state ?? "idle",
      stale: standing?.stale ?? false,
      final: standing?.final ?? true,
      words: words.filter(Boolean).join(" · "),
      shown: path === this.#chosen || path === this.#pinned,
      pinned: path === this.#pinned,
    };
  }

  /** @param {string} path */
  #rateWords(path) {
    const perSecond = this.#activity.rate(path);
    return perSecond ? `${rate(perSecond)}/s` : "";
  }

  /** @param {ActivityView} view */
  #drawActivity(view) {
    this.#activity.take(view);
    for (const { path } of view.streams) {
      this.#list.drawLine(path, this.#activity.seconds(path));
    }
    this.#ask();
  }

  /** The form takes the place of the header of the topics, and moves nothing. */
  #connectForm() {
    const form = part(this, "form.name");
    const field = /** @type {HTMLInputElement} */ (part(form, "input"));
    const header = part(this, ".topics > header");
    header.after(form);
    const close = () => {
      form.hidden = true;
      header.hidden = false;
      this.#showNameProblem("");
    };
    part(this, "[data-act=new-topic]").addEventListener("click", () => {
      form.hidden = false;
      header.hidden = true;
      field.value = "";
      field.focus();
    });
    field.addEventListener("input", () => this.#showNameProblem(""));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
      part(this, "[data-act=new-topic]").focus();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = readName(field.value);
      this.#showNameProblem(name === null ? NO_NAME : "");
      if (name === null) {
        field.focus();
        return;
      }
      close();
      this.#opened.add(name);
      this.choose(topicPath(name));
      this.#shown.get(topicPath(name))?.pane.focus();
    });
  }

  /** @param {string} problem */
  #showNameProblem(problem) {
    const line = part(this, "#topic-problem");
    line.hidden = problem === "";
    setText(line, problem);
    part(this, "form.name input").ariaInvalid = problem === "" ? null : "true";
  }

  /** @param {string} name */
  #closeTopic(name) {
    const path = topicPath(name);
    this.#shown.get(path)?.pane.discard(TAKEN_OUT);
    this.#shown.delete(path);
    this.#opened.delete(name);
    if (this.#pinned === path) this.#pinned = null;
    if (this.#chosen === path) this.#chosen = null;
    if (this.#chosen === null) this.#chooseFirst(this.#store.get("streams") ?? []);
    this.#activate(this.#chosen ?? "");
    this.#draw();
    this.#list.focus();
  }

  /** @param {string} path */
  #askToEnd(path) {
    this.choose(path);
    const pane = this.#shown.get(path)?.pane;
    if (pane instanceof TopicPanel) pane.askToEnd();
  }
}

/** States that the shape says well enough. */
const QUIET = new Set(["idle", "open"]);

/** A row has room for the first words of a state. @param {string} words */
const shortWords = (words) => words.replace(/ by (the server|you)$| \(.*$/, "");

/** @param {KnownTopic} topic */
const topicFigures = ({ subscribers, kept }) =>
  kept === undefined
    ? "not created yet"
    : `${count(subscribers ?? 0)} subscribed · ${count(kept)} kept`;

customElements.define("streams-place", StreamsPlace);
