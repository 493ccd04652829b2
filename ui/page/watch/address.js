/**
 * The address of a watch while nobody writes it: secrets of its query are hidden, and put back when
 * it is asked for. No document.
 */

/** A name with one of these is that of a secret. */
const SECRET = /auth|code|cookie|cred|jwt|key|pass|pwd|secret|sess|sig|token/i;

/** A value that nobody would write by hand, under whatever name. */
const RANDOM = /^(?=.*\d)(?=.*[a-z])[\w%.~+/=-]{20,}$/i;

/** A value of a query that is kept for the next time has at most so many characters. */
const LONGEST_KEPT = 16;

/** What stands in place of a secret. */
const HIDDEN = "…";

/** A field of a query or a fragment: its name with the sign before it, and its value. */
const FIELD = /([?&#][^=&#\s]*=)([^&#\s]*)/g;

/** A user name and a password, which no request here can have. */
const USER = /^(\s*(?:[a-z][\w+.-]*:\/\/)?)[^/?#@\s]+@/i;

export class Address {
  /** The hidden values by what stands before them, in their order. @type {Map<string, string[]>} */
  #hidden = new Map();

  /**
   * The address as it may be shown. What is hidden is kept.
   *
   * @param {string} text
   */
  hide(text) {
    const whole = this.whole(text.replace(USER, `$1${HIDDEN}@`));
    this.#hidden = new Map();
    return whole.replace(FIELD, (all, name, value) => {
      const isSecret = SECRET.test(name) || RANDOM.test(value);
      if (!isSecret || value === "" || value === HIDDEN) return all;
      this.#hidden.set(name, [...(this.#hidden.get(name) ?? []), value]);
      return name + HIDDEN;
    });
  }

  /**
   * The address with its secrets.
   *
   * @param {string} text
   */
  whole(text) {
    /** @type {Map<string, number>} */
    const used = new Map();
    return text.replace(FIELD, (all, name, value) => {
      if (value !== HIDDEN) return all;
      const at = used.get(name) ?? 0;
      used.set(name, at + 1);
      return name + (this.#hidden.get(name)?.[at] ?? HIDDEN);
    });
  }
}

/**
 * The address as it may be kept for the next time: a value that is long may be a secret under any
 * name.
 *
 * @param {string} hidden
 */
export const keepable = (hidden) =>
  hidden.replace(FIELD, (all, name, value) => (value.length > LONGEST_KEPT ? name + HIDDEN : all));

/**
 * Whether a secret is missing from an address that was whole once, such as that of the last time.
 *
 * @param {string} whole
 */
export const lacksSecret = (whole) =>
  [...whole.matchAll(FIELD)].some(([, , value]) => value === HIDDEN);

/**
 * Whether a text is meant as a line of curl.
 *
 * @param {string} text
 */
export const isCurlLine = (text) => /^\s*(\$\s+)?curl(\.exe)?\s/i.test(text);
