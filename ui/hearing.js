/**
 * Which event names are listened for, and what may have gone by unheard. EventSource hands over only events
 * whose name is listened for, but a publisher can use a new name at any time: when the page learns of it, events
 * of that name have been on the wire already.
 *
 * So this remembers the last place up to which nothing was missed, and the ids that arrived after it. A
 * connection from that place brings what went by; what it brings a second time is told apart by its id.
 * It decides nothing about connections: `stream-client.js` does.
 */

/** More than a topic keeps, unless somebody asks for a longer memory: beyond that, the oldest are taken as heard. */
const REMEMBERED = 5000;

export class Hearing {
  /** @type {Set<string>} */
  #names;
  /** Nothing up to here was missed. */
  #sure = "";
  /** The newest id of the server's last account, while its event is still on its way here. */
  #expected = "";
  /** @type {Set<string>} what arrived after `#sure`, oldest first */
  #after = new Set();
  /** @type {Set<string>} what a replay will bring a second time */
  #repeats = new Set();
  /** The repeat that ends the replay. */
  #lastRepeat = "";

  /** @param {string[]} names */
  constructor(names) {
    this.#names = new Set(names);
  }

  get names() {
    return [...this.#names];
  }

  /**
   * @param {string} name
   * @returns {boolean} false if it was listened for already
   */
  add(name) {
    const isNew = !this.#names.has(name);
    this.#names.add(name);
    return isNew;
  }

  /** @param {string} from the last event id that a run begins with */
  begin(from) {
    this.#sure = from;
    this.#expected = "";
    this.#after.clear();
    this.#endReplay();
  }

  /**
   * Takes note of an event.
   *
   * @param {string} id
   * @returns {boolean} false if it had arrived before
   */
  arrived(id) {
    const isRepeat = this.#repeats.delete(id);
    if (id === this.#lastRepeat) this.#endReplay();
    if (isRepeat) return false;
    this.#after.add(id);
    if (this.#after.size > REMEMBERED) {
      const [oldest] = this.#after;
      this.#after.delete(oldest);
      this.#sure = oldest;
    }
    if (id === this.#expected) this.#sureOf(id);
    return true;
  }

  /**
   * Takes note of what the server says of itself.
   *
   * @param {string[]} names of the events that there have been
   * @param {string | null} lastId of the newest event by then
   * @returns {string[]} the names that were not listened for: events of these may have been missed
   */
  told(names, lastId) {
    const unheard = names.filter((name) => this.add(name));
    if (unheard.length === 0 && lastId !== null) {
      this.#expected = lastId;
      if (this.#after.has(lastId)) this.#sureOf(lastId);
    }
    return unheard;
  }

  /**
   * From here on what arrived after {@link place} comes again.
   */
  replay() {
    this.#repeats = new Set(this.#after);
    this.#lastRepeat = [...this.#after].at(-1) ?? "";
  }

  /** What to connect after, so that nothing is missed. */
  get place() {
    return this.#sure;
  }

  /** @param {string} id everything up to it was heard */
  #sureOf(id) {
    for (const heard of this.#after) {
      this.#after.delete(heard);
      if (heard === id) break;
    }
    this.#sure = id;
    this.#expected = "";
  }

  #endReplay() {
    this.#repeats.clear();
    this.#lastRepeat = "";
  }
}
