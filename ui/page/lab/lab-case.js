/**
 * <lab-case>: one case of a client: what the server does, what the client must do, the rule, and
 * each request with what was sent to it. Below its words is a picture of the case.
 *
 * @import { LabCase, LabCaseSent, LabRequest, LabSent, ListedCase } from "../server.js"
 * @import { App } from "../types.js"
 */

import { CaseLine } from "./case-line.js";
import { WireLog } from "../wire/wire-log.js";
import { WireRows } from "../wire/wire-rows.js";
import { copyExactly } from "../parts/exact-copy.js";
import { copyOnClick } from "../parts/copy-button.js";
import { drawReports } from "./case-reports.js";
import {
  fateWords,
  isForOne,
  isOfEventSource,
  markOf,
  newFields,
  notHereWords,
  rowWords,
  sizeWords,
  time,
} from "./lab-words.js";
import { icon } from "../parts/icons.js";
import { markup, part, setText } from "../parts/dom.js";
import { several } from "../parts/format.js";
import { textNodes } from "../bytes/lines.js";

/** Rows of bytes that are drawn of one answer, until somebody asks for all. */
const FIRST_ROWS = 120;

const newCase = markup(`
  <header>
    <div class="whose">
      <h2><span class="id"></span> <span class="name"></span></h2>
      <p class="verdict"><span class="mark"><span class="shape" aria-hidden="true"></span
        ><span class="text"></span></span> <span class="words"></span></p>
      <button type="button" class="tool" data-act="close-case" title="Close (Esc)"
        aria-label="Close the case">${icon("close")}</button>
    </div>
    <p class="own"><code class="url"></code><button type="button" class="tool" data-act="copy-case"
      aria-label="Copy the URL of this case"
      title="Copy the URL of this case">${icon("copy")}</button><button type="button"
      class="small" data-act="walk-case" title="Open an EventSource of this page at this URL">Try
      it in this page</button><button type="button" class="small" data-act="second"
      title="Another address of this server, for this run: another origin, which can be closed"
      >Open its second address</button><span class="hint quiet"></span></p>
  </header>
  <div class="body" role="region" tabindex="0" aria-label="The case">
    <dl class="rule">
      <div><dt class="meta">the server</dt><dd class="does"></dd></div>
      <div><dt class="meta">the client must</dt><dd class="must"></dd></div>
      <div><dt class="meta">the rule</dt><dd class="source"></dd></div>
    </dl>
    <div class="eyes" hidden>
      <p>No request shows this: compare what your client shows. If it reports that to
        <code class="saw"></code>, the lab judges it by its reports.</p>
      <p class="by-itself"><span>A browser reports by itself on this page:</span><code class="page"
        ></code><button type="button" class="tool" data-act="copy-page"
        aria-label="Copy the URL of that page"
        title="Copy the URL of that page">${icon("copy")}</button><a class="page" target="_blank"
        rel="noopener">Open it</a></p>
    </div>
    <case-line hidden></case-line>
    <ol class="requests"></ol>
    <section class="showed" aria-label="What it reported that it showed" hidden>
      <h3 class="line">What it reported that it showed</h3>
      <ol class="reports"></ol>
    </section>
    <p class="none"></p>
  </div>`);

const newRequest = markup(`
  <li>
    <p class="line"><span class="number"></span><span class="at"></span><code class="target"></code
      ><span class="brought">last event id <code></code></span><span class="outcome"><span
      class="fate"></span><span class="size"></span></span></p>
    <div class="sides">
      <div class="head"><pre data-exact></pre><button type="button" class="link" data-act="fields"
        aria-expanded="false"></button></div>
      <div class="sent">
        <div class="grid"><pre class="bytes" data-exact></pre><div class="events" role="group"
          aria-label="How a client reads the bytes"></div></div>
        <button type="button" class="link" data-act="rows" hidden></button>
      </div>
    </div>
  </li>`);

/**
 * @typedef {object} Ways
 * @property {() => void} close
 * @property {(id: string) => void} walk opens an EventSource of this page at the URL of a case
 * @property {(id: string) => string} url empty while its address is not open
 * @property {(id: string) => string} page the URL of the page that walks this case alone
 * @property {() => void} second opens the second address of the run
 */

export class LabCaseView extends HTMLElement {
  /** @type {ListedCase | null} */
  #listed = null;
  #reachesSecond = false;
  /** What is drawn of each request. @type {string[]} */
  #drawn = [];

  /**
   * @param {App} app
   * @param {Ways} ways
   */
  connect(app, ways) {
    this.append(newCase());
    part(this, "[data-act=close-case]").addEventListener("click", ways.close);
    copyOnClick(part(this, "[data-act=copy-case]"), app.host, () => ways.url(this.caseId));
    part(this, "[data-act=walk-case]").addEventListener("click", () => ways.walk(this.caseId));
    part(this, "[data-act=second]").addEventListener("click", () => ways.second());
    copyOnClick(part(this, "[data-act=copy-page]"), app.host, () => ways.page(this.caseId));
    this.#reachesSecond = app.host.lab.reachesSecond;
    // the window shows no other page
    part(this, "a.page").hidden = app.host.controls;
    this.addEventListener("copy", copyExactly);
  }

  /** The id of the case that is shown; empty where none is. */
  get caseId() {
    return this.#listed?.id ?? "";
  }

  focus() {
    part(this, ".body").focus({ preventScroll: true });
  }

  /**
   * Shows a case before anything is known of it.
   *
   * @param {ListedCase} listed
   * @param {{ url: string, page: string, second: string }} urls those of the case and of its page,
   *   and the second address of the run; what is not open is empty
   */
  open(listed, { url, page, second }) {
    const isNew = this.#listed?.id !== listed.id;
    this.#listed = listed;
    setText(part(this, ".id"), listed.id);
    setText(part(this, ".name"), listed.name);
    setText(part(this, ".url"), url);
    part(this, ".url").title = url;
    for (const it of [".own > .url", "[data-act=copy-case]"]) part(this, it).hidden = url === "";
    setText(part(this, ".saw"), `${url}/saw`);
    setText(part(this, "code.page"), page);
    /** @type {HTMLAnchorElement} */ (part(this, "a.page")).href = page;
    const why = notHereWords(listed, this.#reachesSecond);
    const opens = listed.second === "redirect" || (listed.second === "url" && why !== "");
    part(this, "[data-act=second]").hidden = !opens || second !== "";
    const leads = listed.second === "redirect" && second !== "";
    setText(part(this, ".own > .hint"), leads ? `${why} The address is open: ${second}` : why);
    setText(part(this, ".does"), listed.does);
    setText(part(this, ".must"), listed.must);
    setText(part(this, ".source"), sourceWords(listed));
    part(this, "[data-act=walk-case]").hidden = !isOfEventSource(listed) || why !== "";
    if (!isNew) return;
    part(this, ".body").scrollTop = 0;
    this.show(undefined, null);
  }

  /**
   * @param {LabCase | undefined} seen
   * @param {LabCaseSent | null} whole null until it is known
   */
  show(seen, whole) {
    const listed = this.#listed;
    if (!listed) return;
    const mark = markOf(seen);
    part(this, ".verdict .mark").dataset.mark = mark;
    setText(part(this, ".verdict .text"), mark === "open" ? "nobody came yet" : mark);
    const { words, isRule } = rowWords(listed, seen);
    setText(part(this, ".verdict .words"), isRule ? "" : words);
    part(this, ".eyes").hidden = mark !== "needs your eyes" || !isOfEventSource(listed);
    const reports = whole?.case.saw ?? [];
    part(this, ".showed").hidden = reports.length === 0;
    drawReports(part(this, ".reports"), reports);
    const requests = whole?.case.requests ?? [];
    const sent = whole?.sent ?? [];
    if (whole) /** @type {CaseLine} */ (part(this, "case-line")).show(whole.case, sent);
    part(this, "case-line").hidden = requests.length === 0;
    this.#drawRequests(requests, sent, whole?.case.verdict !== null);
    const more = (whole?.case.count ?? 0) - requests.length;
    const none = part(this, ".none");
    const beside = whole?.case.asides.length ?? 0;
    const preflights = whole?.case.preflights ?? 0;
    setText(none, noneWords(seen, listed, { more, beside, preflights }));
    none.hidden = none.textContent === "" || (requests.length === 0 && (seen?.count ?? 0) > 0);
  }

  /**
   * Draws only what differs: bytes that somebody reads or selects stay.
   *
   * @param {LabRequest[]} requests
   * @param {LabSent[]} sent
   * @param {boolean} isJudged
   */
  #drawRequests(requests, sent, isJudged) {
    const list = part(this, ".requests");
    while (list.children.length > requests.length) list.lastElementChild?.remove();
    this.#drawn.length = Math.min(this.#drawn.length, requests.length);
    requests.forEach((request, index) => {
      const isLast = isJudged && index === requests.length - 1;
      const key = `${this.caseId} ${isLast} ${JSON.stringify([request, sent[index]])}`;
      if (this.#drawn[index] === key) return;
      this.#drawn[index] = key;
      const item = drawnRequest(request, sent[index], {
        number: index + 1,
        before: requests[index - 1],
        isLast,
      });
      if (list.children[index]) list.children[index].replaceWith(item);
      else list.append(item);
    });
  }
}

/** @param {ListedCase} listed */
const sourceWords = ({ source, wpt }) =>
  wpt.length === 0 ? source : `${source}. Web Platform Tests: ${wpt.join(", ")}`;

/**
 * @param {LabCase | undefined} seen
 * @param {ListedCase} listed
 * @param {{ more: number, beside: number, preflights: number }} besides requests that are counted
 *   and not kept, those that are no turn of the case, and preflights
 */
function noneWords(seen, listed, { more, beside, preflights }) {
  const words = [
    beside > 0 ? `${several(beside, "request")} came beside the case, such as a handshake.` : "",
    more > 0 ? `${several(more, "further request")} came, of which nothing is kept.` : "",
    preflights > 0 ? `${several(preflights, "preflight")} came.` : "",
  ].filter(Boolean);
  if (words.length > 0 || (seen?.count ?? 0) > 0) return words.join(" ");
  if (!isOfEventSource(listed)) {
    return "Give its URL to the client: as the base URL of the API, or as that of the MCP server.";
  }
  if (!isForOne(listed)) return "";
  return listed.in_tour
    ? "The tour comes to it by itself. It has a URL of its own as well, above."
    : "Most clients end here for good, so the tour leaves it out: connect to its own URL.";
}

/**
 * @param {LabRequest} request
 * @param {LabSent | undefined} sent
 * @param {{ number: number, before: LabRequest | undefined, isLast: boolean }} more
 */
function drawnRequest(request, sent, { number, before, isLast }) {
  const item = part(newRequest(), "li");
  setText(part(item, ".number"), String(number));
  setText(part(item, ".at"), time(request.at));
  part(item, ".at").title = "Since the first request of the case";
  setText(part(item, ".target"), request.line);
  part(item, ".target").title = request.line;
  part(item, ".brought").hidden = request.id === null;
  part(item, ".brought code").append(...textNodes(request.id ?? ""));
  setText(part(item, ".fate"), fateWords(request, isLast));
  const pieces = sent?.pieces ?? [];
  const kept = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  setText(part(item, ".size"), request.ended === null ? "" : sizeWords(request.total, kept));
  drawFields(item, request, before);
  const log = new WireLog();
  log.add({ taken: kept, on: false, pieces, events: sent?.events ?? [] });
  const rows = new WireRows(part(item, ".bytes"), part(item, ".events"));
  rows.draw(log.rows.slice(0, FIRST_ROWS), false);
  const button = part(item, "[data-act=rows]");
  const left = log.rows.length - FIRST_ROWS;
  button.hidden = left <= 0;
  setText(button, `Show ${several(left, "further row")}`);
  button.addEventListener("click", () => {
    rows.draw(log.rows, false);
    button.hidden = true;
  });
  part(item, ".sent").hidden = pieces.length === 0;
  return item;
}

/**
 * Of a later request, what differs from the one before it.
 *
 * @param {HTMLElement} item
 * @param {LabRequest} request
 * @param {LabRequest | undefined} before
 */
function drawFields(item, { fields, body }, before) {
  const pre = part(item, ".head pre");
  const { fields: own, same } = newFields(fields, before?.fields);
  const draw = (/** @type {LabRequest["fields"]} */ shown) =>
    pre.replaceChildren(
      ...shown.map(([name, value]) => newField(name, value)),
      ...(body === "" ? [] : ["\n", newPart("body", body)]),
    );
  draw(own);
  const button = part(item, "[data-act=fields]");
  button.hidden = same === 0;
  const words = () => {
    const isOpen = button.ariaExpanded === "true";
    setText(button, isOpen ? "Only what differs" : `${several(same, "field")} as before`);
  };
  words();
  button.addEventListener("click", () => {
    const opens = button.ariaExpanded !== "true";
    button.ariaExpanded = String(opens);
    draw(opens ? fields : own);
    words();
  });
}

/** @param {string} name @param {string} value */
function newField(name, value) {
  const line = newPart("field", "");
  line.append(newPart("name", `${name}: `), newPart("value", value), "\n");
  // it decides how the client is judged
  line.toggleAttribute("data-emphasis", name === "last-event-id");
  return line;
}

/** @param {string} className @param {string} text */
function newPart(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.append(...textNodes(text));
  return element;
}

customElements.define("lab-case", LabCaseView);
