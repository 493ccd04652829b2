/**
 * <lab-place>: what does a client really do? A client of any language walks through the cases of
 * the lab, and the table fills. A row opens its case: what was sent, what came, and when.
 *
 * @import { App } from "../types.js"
 */

import { LabCaseView } from "./lab-case.js";
import { LabFeed } from "./lab-feed.js";
import { LabForm } from "./lab-form.js";
import { LabTable } from "./lab-table.js";
import { OwnRuns } from "./own-runs.js";
import { OwnWalk } from "./own-walk.js";
import { SplitBar } from "../parts/split-bar.js";
import {
  COUNTED,
  commandLine,
  differs,
  isProfile,
  ownName,
  standingWords,
  tallyOf,
  tallyWords,
} from "./lab-words.js";
import { announce } from "../parts/announce.js";
import { copyOnClick } from "../parts/copy-button.js";
import { count } from "../parts/format.js";
import { errorMessage } from "../parts/error-message.js";
import { hasModifier } from "../parts/keys.js";
import { markup, part, setText } from "../parts/dom.js";
import { nextFrame } from "../parts/next-frame.js";
import { remember, remembered } from "../parts/remembered.js";
import { streamAddress } from "../parts/snippets.js";

/** The name that a client walks by where nobody chose another. */
const FIRST_NAME = "client";
const KEPT_PROFILE = "lab-profile";
/** Longer than the pause between two presses of a key that is held down. */
const SETTLED_MS = 150;
const REFUSED = "The server refused the tour: with --no-break it has no lab.";
/** The share of the table above an open case, in percent, until a person chooses one. */
const TABLE_SHARE = 40;

const newPlace = markup(`
  <form novalidate><h2 class="unseen">Lab</h2></form>
  <div class="tally">
    <div class="shares" role="img"></div>
    <ul class="counts">${COUNTED.map(
      ([mark, words]) => `<li data-mark="${mark}"><span class="shape" aria-hidden="true"></span
        ><span class="number">0</span> ${words}</li>`,
    ).join("")}</ul>
    <p class="differ"></p>
    <input type="text" name="lab-filter" placeholder="Filter  /" aria-label="Filter the cases"
      title="Filter by case, name, verdict, or what it did (/)" aria-keyshortcuts="/"
      maxlength="200" autocomplete="off" spellcheck="false">
  </div>
  <div class="lower">
    <lab-table></lab-table>
    <split-bar hidden></split-bar>
    <lab-case hidden></lab-case>
    <section class="first" aria-labelledby="lab-first" hidden>
      <h3 class="title" id="lab-first">What does your client really do?</h3>
      <p data-for="tour">Let it connect, and come back as often as it does. Each answer ends in a
        break, and each return is the next case; about 40 s later each row has its verdict. Nothing
        in the client has to be changed.</p>
      <p data-for="base">Give it the URL of a case, as the base URL of the API or as that of the MCP
        server. Each case has a URL of its own, which stands with the case. Nothing in the client
        has to be changed.</p>
      <p class="try"><code data-line="url"></code><button type="button" class="small"
        data-act="copy-line" aria-label="Copy the line">Copy</button></p>
      <p class="try"><code data-line="command"></code><button type="button" class="small"
        data-act="copy-command" aria-label="Copy the command">Copy</button></p>
      <p data-for="tour"><button type="button" class="primary"
        data-act="walk-first">Walk it in this page</button>
        <span class="quiet">judges the browser that you are looking at</span></p>
    </section>
  </div>
  <ul class="notes" hidden></ul>
  <p class="problem" role="alert" hidden><span class="shape" aria-hidden="true"></span
    ><span class="words"></span></p>`);

export class LabPlace extends HTMLElement {
  /** @type {App | null} */
  #app = null;
  /** @type {LabFeed | null} */
  #feed = null;
  /** @type {LabForm | null} */
  #form = null;
  /** @type {OwnWalk | null} */
  #walk = null;
  /** @type {OwnRuns | null} */
  #runs = null;
  #filter = "";
  /** A person chose whose run is shown: until then it is the newest. */
  #chosen = false;
  /** What could not be done; empty where nothing failed. */
  #failure = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  /** Where the focus was when the filter got it. @type {HTMLElement | null} */
  #cameFrom = null;
  #announced = "";

  /** @param {App} app */
  connect(app) {
    this.#app = app;
    this.append(newPlace());
    const kept = remembered(KEPT_PROFILE);
    const profile = isProfile(kept) ? kept : "standard";
    const feed = new LabFeed(
      app.host.lab,
      { name: FIRST_NAME, other: "", profile, open: "" },
      () => (this.clientHeight > 0 || (this.#walk?.isOn ?? false)) && !document.hidden,
    );
    this.#feed = feed;
    feed.onchange = () => {
      this.#runs?.listed();
      this.#followNewest();
      this.#stopWhenJudged();
      nextFrame(this.#draw);
    };
    const walk = new OwnWalk(app.host, app.underWay);
    this.#walk = walk;
    const own = ownName(navigator.userAgent, app.host.controls);
    const runs = new OwnRuns(app, feed, walk, own, {
      stay: () => (this.#chosen = true),
      show: (change) => this.#show(change),
    });
    this.#runs = runs;
    walk.onchange = () => feed.nudge();
    walk.onrefused = () => {
      // the first answer of a case may be a refusal; that of the tour never is
      if (walk.caseId === "") this.#failure = REFUSED;
      nextFrame(this.#draw);
    };
    this.#form = new LabForm(part(this, "form"), app.host, {
      name: (name) => {
        this.#chosen = true;
        this.#show({ name });
      },
      other: (other) => this.#show({ other }),
      profile: (chosen) => {
        remember(KEPT_PROFILE, chosen);
        this.#show({ profile: chosen });
      },
      again: () => this.#again(),
      walk: () => (walk.isOn ? walk.stop() : this.#do(() => runs.walkTour())),
    });
    this.#bar.connect("Height of the table and the case", () => this.#table.reveal(), {
      property: "--lab-share",
    });
    this.#bar.suggest(TABLE_SHARE);
    this.#table.connect({
      open: (id, byKey) => this.#open(id, byKey),
      moved: (id) => this.#follow(id),
      close: () => this.#close(),
      clearFilter: () => this.#clearFilter(),
    });
    this.#case.connect(app, {
      close: () => this.#close(),
      walk: (id) => this.#do(() => runs.walkCase(id)),
      url: (id) => this.#caseUrl(id),
      page: (id) => this.#pageUrl(id),
      second: () => this.#do(() => runs.openSecond()),
    });
    this.#listenToFilter();
    this.addEventListener("keydown", this.#onKey);
    const first = part(this, "[data-act=walk-first]");
    first.addEventListener("click", () => this.#do(() => runs.walkTour()));
    for (const [act, line] of [["copy-line", "url"], ["copy-command", "command"]]) {
      const words = () => part(this, `[data-line=${line}]`).textContent ?? "";
      copyOnClick(part(this, `[data-act=${act}]`), app.host, words);
    }
    new ResizeObserver(() => {
      this.#bar.fit();
      feed.nudge();
    }).observe(this);
    document.addEventListener("visibilitychange", () => feed.nudge());
    app.store.on("status", () => {
      if (app.store.get("status")?.phase !== "running") runs.closed();
      feed.nudge();
      nextFrame(this.#draw);
    });
    app.store.on("connections", () => feed.nudge());
    window.addEventListener("pagehide", () => walk.stop());
    nextFrame(this.#draw);
  }

  /** Takes the keys to the filter, until Esc takes them back. */
  find() {
    const had = document.activeElement;
    this.#cameFrom = had instanceof HTMLElement && had !== document.body ? had : null;
    this.#field.select();
    this.#field.focus();
  }

  get #table() {
    return /** @type {LabTable} */ (part(this, "lab-table"));
  }

  get #case() {
    return /** @type {LabCaseView} */ (part(this, "lab-case"));
  }

  get #bar() {
    return /** @type {SplitBar} */ (part(this, "split-bar"));
  }

  get #field() {
    return /** @type {HTMLInputElement} */ (part(this, "[name=lab-filter]"));
  }

  #listenToFilter() {
    this.#field.addEventListener("input", () => {
      this.#filter = this.#field.value;
      nextFrame(this.#draw);
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      this.#clearFilter();
    });
  }

  #clearFilter() {
    this.#field.value = "";
    this.#filter = "";
    nextFrame(this.#draw);
    const back = this.#cameFrom?.checkVisibility() ? this.#cameFrom : this.#table;
    this.#cameFrom = null;
    back.focus({ preventScroll: true });
  }

  /** @param {Partial<LabFeed["wish"]>} change */
  #show(change) {
    const feed = /** @type {LabFeed} */ (this.#feed);
    this.#failure = "";
    if (change.name !== undefined && change.name === feed.wish.other) change.other = "";
    feed.want(change);
    nextFrame(this.#draw);
  }

  /** Where nobody chose, the newest client is shown as soon as one came. */
  #followNewest() {
    const feed = /** @type {LabFeed} */ (this.#feed);
    const [newest] = feed.names;
    if (this.#chosen || this.#form?.isWritten || !newest || feed.names.includes(feed.wish.name)) {
      return;
    }
    this.#show({ name: newest });
  }

  /** @param {string} name */
  #tourUrl(name) {
    return streamAddress(this.#app?.store.get("status"), `/lab/tour/${name}`);
  }

  /**
   * The URL of a case; empty while the address that it begins at is not open.
   *
   * @param {string} id
   */
  #caseUrl(id) {
    const feed = this.#feed;
    const name = feed?.wish.name ?? FIRST_NAME;
    const path = `/lab/case/${id}/${name}`;
    if (feed?.listed.find((one) => one.id === id)?.second === "url") {
      const second = this.#runs?.second(name);
      return second === undefined ? "" : `${second}${path}`;
    }
    return streamAddress(this.#app?.store.get("status"), path);
  }

  /** The page that lets a browser walk one case. @param {string} id */
  #pageUrl(id) {
    return streamAddress(this.#app?.store.get("status"), `/lab/page?case=${id}`);
  }

  /** A case that has its verdict needs no client any more. */
  #stopWhenJudged() {
    const [feed, walk] = [this.#feed, this.#walk];
    if (!walk?.isOn || walk.caseId === "" || feed?.run?.name !== walk.name) return;
    const seen = feed.seen.get(walk.caseId);
    if (seen?.verdict && seen.count > 0) walk.stop();
  }

  #again() {
    return this.#do(async () => {
      const { name } = /** @type {LabFeed} */ (this.#feed).wish;
      const isOwn = await /** @type {OwnRuns} */ (this.#runs).again();
      announce(isOwn ? "This page walks again" : `${name} is forgotten: let it connect again`);
    });
  }

  /** @param {() => Promise<void>} act */
  async #do(act) {
    try {
      this.#failure = "";
      await act();
    } catch (reason) {
      this.#failure = errorMessage(reason);
    }
    this.#feed?.nudge();
    nextFrame(this.#draw);
  }

  /**
   * @param {string} id
   * @param {boolean} byKey
   */
  #open(id, byKey) {
    clearTimeout(this.#settling);
    const detail = this.#case;
    const wasOpen = !detail.hidden;
    if (wasOpen && detail.caseId === id) {
      // Enter on a row whose case is open leads into it
      if (byKey) detail.focus();
      return;
    }
    detail.hidden = false;
    this.#bar.hidden = false;
    this.toggleAttribute("data-open", true);
    this.#bar.fit();
    this.#show({ open: id });
    // the table has less room now
    if (!wasOpen) nextFrame(() => this.#table.reveal());
  }

  /** @param {string} id */
  #follow(id) {
    clearTimeout(this.#settling);
    if (this.#case.hidden) return;
    this.#settling = setTimeout(() => this.#show({ open: id }), SETTLED_MS);
  }

  #close() {
    clearTimeout(this.#settling);
    if (this.#case.hidden) return false;
    this.#case.hidden = true;
    this.#bar.hidden = true;
    this.toggleAttribute("data-open", false);
    this.#show({ open: "" });
    this.#table.focus();
    return true;
  }

  /**
   * Esc closes the case from wherever the focus is, unless an element there uses the key itself.
   *
   * @param {KeyboardEvent} event
   */
  #onKey = (event) => {
    const taken = event.defaultPrevented || event.isComposing || hasModifier(event);
    if (event.key === "Escape" && !taken && this.#close()) event.preventDefault();
  };

  #draw = () => {
    const feed = /** @type {LabFeed} */ (this.#feed);
    const { listed, seen, run, wish } = feed;
    const other = wish.other === "" ? null : { name: wish.other, seen: feed.seenByOther };
    this.#drawForm();
    this.#drawTally();
    this.#table.show({ listed, isKnown: feed.isKnown, seen, other, filter: this.#filter });
    const one = listed.find(({ id }) => id === wish.open);
    if (one) {
      this.#case.open(one, {
        url: this.#caseUrl(one.id),
        page: this.#pageUrl(one.id),
        second: this.#runs?.second(wish.name) ?? "",
      });
      this.#case.show(seen.get(one.id), feed.open);
    } else if (wish.open !== "" && listed.length > 0) {
      // the profile does not have it
      this.#close();
    }
    const isFirst = run === null && wish.open === "";
    part(this, ".first").hidden = !isFirst || listed.length === 0;
    this.toggleAttribute("data-first", isFirst && listed.length > 0);
    const hasTour = listed.some(({ in_tour }) => in_tour);
    for (const it of this.querySelectorAll("[data-for]")) {
      /** @type {HTMLElement} */ (it).hidden = (it.getAttribute("data-for") === "tour") !== hasTour;
    }
    const url = this.#tourUrl(wish.name);
    const line = `new EventSource(${JSON.stringify(url)})`;
    setText(part(this, "[data-line=url]"), hasTour ? line : this.#caseUrl(listed[0]?.id ?? ""));
    setText(part(this, "[data-line=command]"), commandLine(wish.profile));
    this.#drawNotes(run?.notes ?? []);
    const problem = part(this, ":scope > .problem");
    const words = this.#failure || (this.#app?.store.get("unreachable") ? "" : feed.problem);
    setText(part(problem, ".words"), words);
    problem.hidden = words === "";
    this.#announce();
  };

  #drawForm() {
    const feed = /** @type {LabFeed} */ (this.#feed);
    const { names, run, wish, listed } = feed;
    const inTour = listed.filter(({ in_tour }) => in_tour).length;
    const words = standingWords(run, inTour);
    const own = this.#walk?.isOn && this.#walk.name === wish.name ? "this page walks, " : "";
    this.#form?.show({
      ...wish,
      names,
      url: inTour > 0 || listed.length === 0 ? this.#tourUrl(wish.name) : this.#caseUrl("ID"),
      words: `${own}${words}`,
      state: run === null ? "idle" : feed.isOn ? "connecting" : "ended",
      hasRun: run !== null,
      walks: this.#walk?.isOn ?? false,
      canWalk: inTour > 0,
    });
  }

  #drawTally() {
    const { listed, seen, other, seenByOther, run } = /** @type {LabFeed} */ (this.#feed);
    const tally = tallyOf(listed, seen);
    const shares = part(this, ".shares");
    if (shares.children.length === 0) {
      shares.append(
        ...COUNTED.map(([mark]) => {
          const share = document.createElement("span");
          share.dataset.mark = mark;
          return share;
        }),
      );
    }
    COUNTED.forEach(([mark], index) => {
      const share = /** @type {HTMLElement} */ (shares.children[index]);
      share.style.flexGrow = String(tally[mark]);
      share.hidden = tally[mark] === 0;
      const item = part(this, `.counts [data-mark="${mark}"]`);
      setText(part(item, ".number"), count(tally[mark]));
      item.toggleAttribute("data-none", tally[mark] === 0);
    });
    shares.ariaLabel = tallyWords(tally);
    const differ = listed.filter(({ id }) => differs(seen.get(id), seenByOther.get(id))).length;
    setText(part(this, ".differ"), other ? `${count(differ)} differ` : "");
    part(this, ".differ").toggleAttribute("data-none", differ === 0);
    this.#app?.store.set(
      "judged",
      run && { words: `${run.name}: ${tallyWords(tally)}`, wrong: tally.wrong },
    );
  }

  /** @param {string[]} notes */
  #drawNotes(notes) {
    const list = part(this, ".notes");
    list.hidden = notes.length === 0;
    while (list.children.length > notes.length) list.lastElementChild?.remove();
    notes.forEach((note, index) => {
      if (!list.children[index]) list.append(document.createElement("li"));
      setText(list.children[index], note);
    });
  }

  /** Says once that a run is over, and what came of it. */
  #announce() {
    const { run, listed, seen } = /** @type {LabFeed} */ (this.#feed);
    const now = run ? `${run.name} ${run.profile} ${run.since} ${run.is_over}` : "";
    if (this.#announced === now) return;
    this.#announced = now;
    if (run?.is_over) announce(`${run.name}: ${tallyWords(tallyOf(listed, seen))}`);
  }
}

customElements.define("lab-place", LabPlace);
