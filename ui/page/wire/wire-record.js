/**
 * The button that records the connection whose wire is shown: from its first byte on where that is
 * still kept, else from what is kept on. A second press saves it.
 *
 * @import { RowView } from "../server.js"
 * @import { Host } from "../types.js"
 */

import { errorMessage } from "../parts/error-message.js";
import { fileName } from "./wire-log.js";
import { recordedWords, recordTitle } from "./wire-words.js";

export class WireRecord {
  #button;
  #host;
  #report;
  /** @type {RowView | null} */
  #row = null;
  /** The connections that are recorded: an id comes again with each start of the program. */
  #on = /** @type {Set<string>} */ (new Set());
  #busy = false;

  /**
   * @param {HTMLElement} button
   * @param {Host} host
   * @param {(words: string, failed?: boolean) => void} report
   */
  constructor(button, host, report) {
    this.#button = /** @type {HTMLButtonElement} */ (button);
    this.#host = host;
    this.#report = report;
    button.addEventListener("click", () => this.#press());
  }

  /** @param {RowView} row */
  show(row) {
    this.#row = row;
    const isOn = this.#on.has(nameOf(row));
    this.#button.ariaPressed = String(isOn);
    this.#button.title = recordTitle(row, isOn);
    this.#button.toggleAttribute("data-on", isOn);
  }

  async #press() {
    const row = this.#row;
    if (!row || this.#busy) return;
    this.#busy = true;
    try {
      // of one that has ended nothing more comes
      if (row.ended || this.#on.has(nameOf(row))) await this.#save(row);
      else await this.#begin(row);
    } catch (reason) {
      this.#report(errorMessage(reason), true);
    } finally {
      this.#busy = false;
      if (this.#row) this.show(this.#row);
    }
  }

  /** @param {RowView} row */
  async #begin(row) {
    const recorded = await this.#host.recordConnection(row.id);
    if (recorded?.on) this.#on.add(nameOf(row));
    this.#report(recordedWords(recorded));
  }

  /** @param {RowView} row */
  async #save(row) {
    const text = await this.#host.connectionRecording(row.id);
    if (text === null) throw new Error("The connection ended too long ago: nothing is kept.");
    const bytes = [...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte));
    const name = fileName(row.id, row.stream, "wire");
    const where = await this.#host.save(name, bytes.join(""));
    this.#on.delete(nameOf(row));
    await this.#host.endConnectionRecording(row.id);
    this.#report(`recorded ${this.#host.controls ? "to" : "as"} ${where}; secrets are kept back`);
  }
}

/** @param {RowView} row */
const nameOf = ({ id, since_ms: since }) => `${id} ${since}`;
