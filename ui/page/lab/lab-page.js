/**
 * The page of the lab alone, /lab/page: any browser walks the cases here, and its verdicts stand in
 * a table.
 *
 * @import { LabCase, ListedCase } from "../server.js"
 */

import { markOf, ownName, rowWords, tallyOf, tallyWords } from "./lab-words.js";
import { PageWalk, chosenCases } from "./page-walk.js";
import { part, setText } from "../parts/dom.js";

/** How often the verdicts are asked for. */
const POLL_MS = 500;

const rows = part(document, "tbody");
const standing = part(document, ".standing");
const problem = part(document, ".problem");

/** @param {string} act @returns {HTMLButtonElement} */
const button = (act) => part(document, `button[data-act=${act}]`);

/** @type {ListedCase[]} */
let listed = [];
/** The URL names some of the cases: each of them is walked at its own URL. */
let isPart = false;
/** @type {PageWalk | null} */
let walk = null;

/** @param {ListedCase} listed */
function newRow({ id, name }) {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = id;
  const cells = [1, 2, 3].map(() => document.createElement("td"));
  cells[0].textContent = name;
  row.append(head, ...cells);
  return row;
}

/** @param {ReadonlyMap<string, LabCase>} seen */
function draw(seen) {
  for (const [at, one] of listed.entries()) {
    const [, verdict, words] = rows.children[at].querySelectorAll("td");
    const mark = markOf(seen.get(one.id));
    verdict.dataset.mark = mark;
    setText(verdict, mark);
    const said = rowWords(one, seen.get(one.id));
    words.classList.toggle("is-rule", said.isRule);
    setText(words, said.words);
  }
}

/** @param {string} words */
const say = (words) => setText(standing, words);

/**
 * Some cases are walked: what is said of all, and of the tour, is not true of them.
 *
 * @param {string[]} others ids that cannot be walked here
 */
function drawPart(others) {
  setText(button("all"), listed.length === 1 ? `Walk ${listed[0].id}` : "Walk these cases");
  button("all").hidden = listed.length === 0;
  button("tour").hidden = true;
  part(document, ".long").hidden = true;
  part(document, ".whole").hidden = false;
  if (others.length > 0) {
    const why = "they need another address, more clients or another profile, or are no cases";
    setText(problem, `This page cannot walk ${others.join(", ")}: ${why}.`);
  }
}

/** @param {boolean} isOn */
function drawActs(isOn) {
  button("all").disabled = isOn;
  button("tour").disabled = isOn;
  button("stop").disabled = !isOn;
}

/** @param {boolean} isWhole */
async function begin(isWhole) {
  const name = `${ownName(navigator.userAgent, false)}-${crypto.randomUUID().slice(0, 8)}`;
  const alone = listed.filter(({ in_tour }) => isPart || (isWhole && !in_tour));
  const own = new PageWalk(name, { tour: !isPart, alone });
  walk = own;
  setText(problem, "");
  drawActs(true);
  draw(new Map());
  own.begin(performance.now());
  try {
    while (own.isOn) {
      await new Promise((wake) => setTimeout(wake, POLL_MS));
      const run = await own.read(performance.now());
      if (!run) continue;
      const seen = new Map(run.cases.map((one) => [one.id, one]));
      own.goOn(run, performance.now());
      draw(seen);
      const tally = tallyWords(tallyOf(listed, seen));
      say(own.isOn ? `${name}: under way. ${tally}.` : `${name}: done. ${tally}.`);
    }
  } catch (error) {
    own.stop();
    setText(problem, `The lab does not answer: ${error instanceof Error ? error.message : error}`);
  }
  walk = null;
  drawActs(false);
}

button("all").addEventListener("click", () => void begin(true));
button("tour").addEventListener("click", () => void begin(false));
button("stop").addEventListener("click", () => walk?.stop());
addEventListener("pagehide", () => walk?.stop());

try {
  const answer = await fetch("/api/lab");
  if (!answer.ok) throw new Error(await answer.text());
  /** @type {ListedCase[]} */
  const all = await answer.json();
  const chosen = chosenCases(all, location.search);
  ({ listed, isPart } = chosen);
  rows.replaceChildren(...listed.map(newRow));
  draw(new Map());
  if (isPart) drawPart(chosen.others);
} catch (error) {
  setText(problem, `The lab does not answer: ${error instanceof Error ? error.message : error}`);
}
