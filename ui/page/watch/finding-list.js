/**
 * <finding-list>: what the diagnosis says of a watched stream, the worst first. Each finding opens
 * what docs/DIAGNOSIS.md says of its rule. What is fine stands behind one line.
 *
 * @import { FindingView } from "../server.js"
 * @import { Watcher } from "../types.js"
 */

import { LEVELS, evidenceWords, ruleParagraphs } from "./watch-words.js";
import { errorMessage } from "../parts/error-message.js";
import { markup, part, setText } from "../parts/dom.js";
import { several } from "../parts/format.js";

const newList = markup(`
  <ul class="findings"></ul>
  <details class="fine" hidden><summary></summary><ul class="findings"></ul></details>`);

const newFinding = markup(`<li>
  <p class="what"><span class="level"></span> <span class="sentence"></span></p>
  <button type="button" class="link" aria-expanded="false"></button>
  <p class="hurts"></p>
  <p class="change"></p>
  <p class="evidence"></p>
  <div class="rule" hidden></div></li>`);

export class FindingList extends HTMLElement {
  /** @type {Watcher | null} */
  #watcher = null;
  #shown = "";

  /** @param {Watcher} watcher */
  connect(watcher) {
    this.#watcher = watcher;
    this.append(newList());
  }

  /** @param {FindingView[]} findings */
  show(findings) {
    const key = JSON.stringify(findings);
    // a redraw would close what is open, and take a selection away
    if (key === this.#shown) return;
    this.#shown = key;
    const fine = findings.filter(({ level }) => level === "fine");
    const others = findings.filter(({ level }) => level !== "fine");
    this.#draw(part(this, ":scope > .findings"), others);
    const details = part(this, ".fine");
    details.hidden = fine.length === 0;
    setText(part(details, "summary"), `Fine: ${several(fine.length, "thing")} looked at`);
    this.#draw(part(details, ".findings"), fine);
  }

  /**
   * Elements stay with their rule, so that what is open stays open when a worse one comes.
   *
   * @param {HTMLElement} list
   * @param {FindingView[]} findings
   */
  #draw(list, findings) {
    const had = new Map(
      [.../** @type {HTMLCollectionOf<HTMLElement>} */ (list.children)].map((item) => [
        item.dataset.key,
        item,
      ]),
    );
    /** How many findings of a rule there are so far. @type {Map<string, number>} */
    const of = new Map();
    findings.forEach((finding, index) => {
      const number = (of.get(finding.rule) ?? 0) + 1;
      of.set(finding.rule, number);
      const key = `${finding.rule} ${number}`;
      const item = had.get(key) ?? this.#newFinding();
      had.delete(key);
      // one that is moved would lose the focus
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
      item.dataset.key = key;
      item.dataset.rule = finding.rule;
      item.dataset.level = finding.level;
      setText(part(item, ".level"), LEVELS[finding.level]);
      setText(part(item, ".sentence"), finding.sentence);
      setText(part(item, ".hurts"), finding.hurts);
      setText(part(item, ".change"), finding.change);
      setText(part(item, ".evidence"), evidenceWords(finding));
      setText(part(item, "button"), finding.rule);
      part(item, "button").title = `What ${finding.rule} looks at`;
    });
    for (const item of had.values()) item.remove();
  }

  #newFinding() {
    const item = part(newFinding(), "li");
    part(item, "button").addEventListener("click", () => this.#explain(item));
    return item;
  }

  /** @param {HTMLElement} item */
  async #explain(item) {
    const [button, rule] = [part(item, "button"), part(item, ".rule")];
    const opens = rule.hidden;
    if (opens) {
      const name = item.dataset.rule ?? "";
      try {
        const text = (await this.#watcher?.rule(name)) ?? "";
        rule.replaceChildren(
          ...ruleParagraphs(text).map(({ isPoint, words }) =>
            Object.assign(document.createElement("p"), {
              className: isPoint ? "point" : "",
              textContent: words,
            }),
          ),
        );
      } catch (reason) {
        setText(rule, errorMessage(reason));
      }
    }
    rule.hidden = !opens;
    button.ariaExpanded = String(opens);
  }
}

customElements.define("finding-list", FindingList);
