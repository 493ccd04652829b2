/**
 * The lab as a page in a browser reads it.
 *
 * @import { LabCaseSent, LabRun, ListedCase, Profile } from "../server.js"
 * @import { LabReader } from "../types.js"
 */

/** What a server says that has none. */
const NO_LAB = "This server has no lab: `sse serve` and the app have one.";

/** @implements {LabReader} */
export class WebLab {
  /** The page's policy lets it connect to its own origin alone. */
  reachesSecond = false;
  #ask;

  /**
   * @param {(path: string, method?: string) => Promise<Response>} ask takes a path below the lab's,
   *   and answers what was found, or 404
   */
  constructor(ask) {
    this.#ask = ask;
  }

  /** @returns {Promise<ListedCase[]>} */
  async cases() {
    const cases = await this.#read("");
    if (!cases) throw new Error(NO_LAB);
    return cases;
  }

  /** @returns {Promise<string[]>} */
  async runs() {
    return (await this.#read("/runs")) ?? [];
  }

  /**
   * @param {string} name
   * @param {Profile} profile
   * @returns {Promise<LabRun | null>}
   */
  run(name, profile) {
    return this.#read(`/runs/${name}?${new URLSearchParams({ profile, requests: "no" })}`);
  }

  /**
   * @param {string} name
   * @param {string} id
   * @param {Profile} profile
   * @returns {Promise<LabCaseSent | null>}
   */
  case(name, id, profile) {
    return this.#read(`/runs/${name}/${id}?${new URLSearchParams({ profile })}`);
  }

  /** @param {string} name */
  async forget(name) {
    await this.#ask(`/runs/${name}`, "DELETE");
  }

  /**
   * @param {string} name
   * @returns {Promise<string>}
   */
  async second(name) {
    const response = await this.#ask(`/runs/${name}/second`, "POST");
    if (!response.ok) throw new Error(NO_LAB);
    const { url } = await response.json();
    return url;
  }

  /** @param {string} path */
  async #read(path) {
    const response = await this.#ask(path);
    return response.ok ? response.json() : null;
  }
}
