/**
 * The page in the app's window. Everything except EventSource uses Tauri's IPC, so it works while
 * the server is stopped and takes no connection of the webview.
 *
 * @import { Acted, ActivityView, ArmedFaults, CheckedFault } from "../server.js"
 * @import { DefinitionView, Preview, ProfileView, Published } from "../server.js"
 * @import { RecordedView, RequestView, RowView, Slice, Status } from "../server.js"
 * @import { TimelineView, UpstreamView, WireView } from "../server.js"
 * @import { Act, BreakWish, Host, Parts, TableQuery, TauriGlobal } from "../types.js"
 * @import { Store } from "../store.js"
 * @import { TauriNews } from "./tauri-news.js"
 */

import { TauriLab } from "./tauri-lab.js";
import { TauriWatcher } from "./tauri-watcher.js";
import { isBadFault } from "./bad-fault.js";

/** @implements {Host} */
export class TauriHost {
  controls = true;
  watcher;
  lab;
  streamsAtMost = Infinity;
  #tauri;
  #news;

  /**
   * @param {TauriGlobal} tauri
   * @param {TauriNews} news
   */
  constructor(tauri, news) {
    this.#tauri = tauri;
    this.#news = news;
    this.watcher = new TauriWatcher(tauri);
    this.lab = new TauriLab(tauri);
  }

  /**
   * @param {Store} store
   * @param {(command: string) => void} perform
   */
  async watch(store, perform) {
    // an event may overtake the answer to `state`: its part is newer and stays
    /** @type {Set<keyof Parts>} */
    const newer = new Set();
    try {
      this.#news.follow((told) => {
        if (told.part === "perform") return perform(told.value);
        newer.add(told.part);
        store.set(told.part, told.value);
      });
      const [state, actions] = await this.#news.first;
      store.setState(state, newer);
      if (!newer.has("actions")) store.set("actions", actions);
      store.set("unreachable", null);
    } catch (reason) {
      store.set(
        "unreachable",
        `The app does not answer its own window: quit it and start it again (${reason}).`,
      );
    }
  }

  /** @param {Status | undefined} status */
  streamBase(status) {
    return status?.phase === "running" ? status.url : null;
  }

  /**
   * @param {TableQuery} query
   * @returns {Promise<Slice>}
   */
  slice(query) {
    return this.#invoke("slice", { query });
  }

  /**
   * @param {string} tag
   * @returns {Promise<Slice>}
   */
  client(tag) {
    return this.#invoke("slice", { query: { client: tag } });
  }

  /**
   * @param {string} topic
   * @param {{ data: string, event: string }} draft
   * @returns {Promise<Published>}
   */
  publish(topic, { data, event }) {
    return this.#invoke("publish", { topic, data, event: event || null });
  }

  /**
   * @param {string} topic
   * @returns {Promise<void>}
   */
  endTopic(topic) {
    return this.#invoke("end_topic", { topic });
  }

  /**
   * @param {string} path
   * @returns {Promise<Preview>}
   */
  preview(path) {
    return this.#invoke("preview", { stream: path });
  }

  /**
   * @param {string} path
   * @returns {Promise<DefinitionView>}
   */
  definition(path) {
    return this.#invoke("definition", { stream: path });
  }

  /**
   * @param {string | null} path
   * @param {string} text
   * @param {string | null} was
   * @returns {Promise<DefinitionView | null>}
   */
  setDefinition(path, text, was) {
    return this.#invoke("set_definition", { stream: path, text, was });
  }

  /**
   * @param {number} id
   * @returns {Promise<RowView | null>}
   */
  async row(id) {
    /** @type {Slice} */
    const { rows } = await this.#invoke("slice", { query: { id } });
    return rows.find((row) => row.id === id) ?? null;
  }

  /**
   * @param {number} id
   * @param {number} from
   * @returns {Promise<WireView | null>}
   */
  wire(id, from) {
    return this.#invoke("wire", { id, from });
  }

  /** @returns {Promise<ActivityView>} */
  activity() {
    return this.#invoke("activity");
  }

  /**
   * @param {number} after
   * @returns {Promise<TimelineView>}
   */
  timeline(after) {
    return this.#invoke("timeline", { after });
  }

  /**
   * @param {number} id
   * @param {boolean} secrets
   * @returns {Promise<RequestView | null>}
   */
  request(id, secrets) {
    return this.#invoke("request", { id, secrets });
  }

  /**
   * @param {number} id
   * @returns {Promise<RecordedView | null>}
   */
  recordConnection(id) {
    return this.#invoke("record_connection", { id });
  }

  /**
   * @param {number} id
   * @returns {Promise<string | null>}
   */
  connectionRecording(id) {
    return this.#invoke("connection_recording", { id });
  }

  /**
   * @param {number} id
   * @returns {Promise<void>}
   */
  endConnectionRecording(id) {
    return this.#invoke("end_connection_recording", { id });
  }

  /** @returns {Promise<ProfileView[]>} */
  profiles() {
    return this.#invoke("profiles");
  }

  /** @returns {Promise<UpstreamView[]>} */
  upstreams() {
    return this.#invoke("upstreams");
  }

  /**
   * @param {string | null} room
   * @param {string | null} url
   * @returns {Promise<void>}
   */
  setUpstream(room, url) {
    return this.#invoke("set_upstream", { wish: { room, url } });
  }

  /**
   * @param {string} fault
   * @returns {Promise<CheckedFault>}
   */
  checkFault(fault) {
    return this.#ofFault("check_fault", { fault });
  }

  /**
   * @param {string} fault
   * @returns {Promise<ArmedFaults>}
   */
  arm(fault) {
    return this.#ofFault("arm", { wish: { fault } });
  }

  /**
   * @param {number | null} id
   * @returns {Promise<void>}
   */
  heal(id) {
    return this.#invoke("heal", { id });
  }

  /**
   * @param {BreakWish} wish
   * @returns {Promise<Acted>}
   */
  breakOpen(wish) {
    return this.#ofFault("break_open", { wish });
  }

  /**
   * @param {string} name
   * @param {string} bytes
   * @returns {Promise<string>}
   */
  save(name, bytes) {
    return this.#invoke("save", { name, bytes });
  }

  /**
   * @param {string} text
   * @returns {Promise<void>}
   */
  copy(text) {
    return this.#invoke("copy", { text });
  }

  /**
   * @param {string} bytes
   * @returns {Promise<void>}
   */
  copyPicture(bytes) {
    return this.#invoke("copy_picture", { bytes });
  }

  /** @returns {Promise<void>} */
  open() {
    return this.#invoke("act", { action: "open" });
  }

  /**
   * @param {Act} action
   * @returns {Promise<void>}
   */
  act(action) {
    return this.#invoke("act", { action });
  }

  /** @returns {Promise<void>} */
  useToken() {
    return Promise.reject(new Error("The server of this window has no tokens: publish without."));
  }

  /**
   * @param {number} port
   * @param {boolean} start
   * @returns {Promise<void>}
   */
  usePort(port, start) {
    return this.#invoke("use_port", { port, start });
  }

  /**
   * @param {string} origin
   * @returns {Promise<void>}
   */
  allowOrigin(origin) {
    return this.#invoke("allow_origin", { origin });
  }

  /** @returns {Promise<void>} */
  dismissNotice() {
    return this.#invoke("dismiss_notice");
  }

  /**
   * @template T
   * @param {string} command
   * @param {Record<string, unknown>} args
   * @returns {Promise<T>}
   */
  async #ofFault(command, args) {
    try {
      return await this.#invoke(command, args);
    } catch (reason) {
      throw isBadFault(reason) ? new Error(reason.error) : reason;
    }
  }

  /**
   * @template T
   * @param {string} command
   * @param {Record<string, unknown>} [args]
   * @returns {Promise<T>}
   */
  #invoke(command, args) {
    return this.#tauri.core.invoke(command, args);
  }
}
