/**
 * What one EventSource shows, reported to the lab, which cannot see it. All that one connection
 * brought is one report: whoever reports each event by itself is late behind many.
 */

/** As many events of one connection as the lab keeps. */
const MOST = 64;

/** No case asks for longer data, and the lab does not keep them. */
const LONGEST = 2_000;

export class Eyes {
  #url;
  /** @type {{ type: string, data: string, id: string }[]} */
  #seen = [];

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
      if (this.#seen.length === MOST) return;
      this.#seen.push({ type, data: data.slice(0, LONGEST), id: lastEventId });
    };
    for (const name of ["message", ...names]) source.addEventListener(name, see);
    // each connection ends in one
    source.addEventListener("error", () => void this.#tell(this.#seen.splice(0)));
  }

  /** Reports that the EventSource was told to close. */
  closed() {
    return this.#tell([...this.#seen.splice(0), { kind: "closed" }]);
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
