/**
 * What one EventSource shows, reported to the lab, which cannot see it. All that one connection
 * brought is one report: whoever reports each event by itself is late behind many.
 */

/** The server takes as many reports in one list, and refuses a longer one as a whole. */
const MOST_REPORTS = 64;

/** It refuses a body that has more bytes as well. */
const MOST_BYTES = 64 * 1024;

/** As many characters of data as are reported: no case asks for longer data. */
const LONGEST = 2_000;

const CLOSED = { kind: "closed" };

const encoder = new TextEncoder();

/** How many bytes a report takes in a list, with the comma behind it. @param {object} report */
const sizeOf = (report) => encoder.encode(JSON.stringify(report)).length + 1;

/** How many bytes the events have, so that there is room for the report of the end as well. */
const ROOM = MOST_BYTES - "[]".length - sizeOf(CLOSED);

/** The server reads no half of a character. @param {string} data */
const shortened = (data) => data.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, "");

export class Eyes {
  #url;
  /** @type {{ type: string, data: string, id: string }[]} */
  #seen = [];
  #room = ROOM;

  /**
   * @param {EventSource} source
   * @param {string} url that it was given
   * @param {readonly string[]} names types of events beside `message`
   */
  constructor(source, url, names = []) {
    this.#url = url;
    /** @param {Event} event */
    const see = (event) => {
      const { type, data, lastEventId } = /** @type {MessageEvent<string>} */ (event);
      if (this.#room <= 0 || this.#seen.length === MOST_REPORTS - 1) return;
      const report = { type, data: shortened(data), id: lastEventId };
      this.#room -= sizeOf(report);
      // behind one that has no room, none is reported: what is, is all that came until then
      if (this.#room > 0) this.#seen.push(report);
    };
    for (const name of ["message", ...names]) source.addEventListener(name, see);
    // each connection ends in one
    source.addEventListener("error", () => void this.#tell(this.#taken()));
  }

  /** Reports that the EventSource was told to close. */
  closed() {
    return this.#tell([...this.#taken(), CLOSED]);
  }

  /** What came by now. What comes from now on is another list. */
  #taken() {
    this.#room = ROOM;
    return this.#seen.splice(0);
  }

  /** @param {object[]} reports */
  async #tell(reports) {
    if (reports.length === 0) return;
    try {
      await fetch(`${this.#url}/saw`, { method: "POST", body: JSON.stringify(reports) });
    } catch {
      // the server is gone: what it would have judged is gone as well
    }
  }
}
