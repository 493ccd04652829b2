/**
 * The page in a browser, served by the server that it shows. It polls while it is visible and keeps
 * no connection open for itself: browsers allow six to one host, and those are for the streams.
 *
 * @import { Acted, ActivityView, ArmedFaults, CheckedFault, DefinitionView } from "../server.js"
 * @import { Preview, ProfileView, Published, RequestView, RowView, Slice } from "../server.js"
 * @import { RecordedView, StateView, Status, TimelineView } from "../server.js"
 * @import { UpstreamView, WireView } from "../server.js"
 * @import { BreakWish, Host, TableQuery } from "../types.js"
 * @import { Store } from "../store.js"
 */

import { WebLab } from "./web-lab.js";
import { isBadFault } from "./bad-fault.js";
import { queryText, topicPath } from "./paths.js";
import { silentWords } from "../parts/words.js";

/** What is before the paths of the API: where the whole port is handed on, they are below `/@/`. */
const BASE = globalThis.location?.pathname.startsWith("/@/") ? "/@" : "";

const POLL_EVERY_MS = 500;
/** Longer than any answer on loopback takes: a slower poll is waiting for a free connection. */
const POLL_PATIENCE_MS = 3000;
const ASK_PATIENCE_MS = 1500;

/** What needs a token, as far as a refusal says. */
const ALL = { publish: true, subscribe: true };

/** @implements {Host} */
export class WebHost {
  controls = false;
  watcher = null;
  lab = new WebLab(askLab);
  /**
   * One of a browser's six connections is for the page's own requests, which would wait otherwise.
   */
  streamsAtMost = 5;

  /**
   * @param {Store} store
   * @param {(command: string) => void} _perform
   * @param {Set<object>} underWay
   */
  watch(store, _perform, underWay) {
    // the page itself was the first answer
    let answeredAt = Date.now();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let polling = false;
    const poll = async () => {
      clearTimeout(timer);
      if (polling || document.hidden) return;
      polling = true;
      try {
        /** @type {StateView} */
        const state = await getJson("/api/state", POLL_PATIENCE_MS);
        answeredAt = Date.now();
        store.setState(state);
        store.set("unreachable", null);
      } catch (reason) {
        const silent = isSilence(reason);
        // the page is of use once it has a token
        if (reason instanceof Refusal && reason.wantsToken) store.set("tokens", ALL);
        store.set(
          "unreachable",
          silent
            ? silentWords(location.host, answeredAt, underWay.size >= this.streamsAtMost)
            : whyUnreachable(reason),
        );
      } finally {
        polling = false;
        timer = setTimeout(poll, POLL_EVERY_MS);
      }
    };
    document.addEventListener("visibilitychange", poll);
    window.addEventListener("pageshow", poll);
    poll();
  }

  /**
   * The page's own origin, not the address that the server reports: the page may be visited as
   * 127.0.0.1, and its CSP allows no other origin.
   *
   * @param {Status | undefined} status
   */
  streamBase(status) {
    return status?.phase === "running" ? location.origin : null;
  }

  /**
   * @param {TableQuery} query
   * @returns {Promise<Slice>}
   */
  slice(query) {
    return getJson(`/api/connections?${queryText(query)}`, ASK_PATIENCE_MS);
  }

  /**
   * @param {string} tag
   * @returns {Promise<Slice>}
   */
  client(tag) {
    return getJson(`/api/connections?client=${encodeURIComponent(tag)}`, ASK_PATIENCE_MS);
  }

  /**
   * @param {string} topic
   * @param {{ data: string, event: string }} draft
   * @returns {Promise<Published>}
   */
  async publish(topic, { data, event }) {
    const query = event === "" ? "" : `?${new URLSearchParams({ event })}`;
    const response = await fetch(`${topicPath(topic)}${query}`, {
      method: "POST",
      body: data,
      cache: "no-store",
      signal: AbortSignal.timeout(POLL_PATIENCE_MS),
    }).catch((reason) => {
      throw new Error(whyNotPublished(reason));
    });
    if (!response.ok) {
      throw await refusalOf(response);
    }
    return response.json();
  }

  /**
   * @param {string} topic
   * @returns {Promise<void>}
   */
  async endTopic(topic) {
    const response = await fetch(topicPath(topic), {
      method: "DELETE",
      cache: "no-store",
      signal: AbortSignal.timeout(POLL_PATIENCE_MS),
    }).catch((reason) => {
      throw new Error(whyUnreachable(reason));
    });
    // another client or its time to live may have ended it
    if (!response.ok && response.status !== 404) {
      throw await refusalOf(response);
    }
  }

  /**
   * @param {string} path
   * @returns {Promise<Preview>}
   */
  async preview(path) {
    try {
      return await getJson(
        `/api/preview?${new URLSearchParams({ stream: path })}`,
        POLL_PATIENCE_MS,
      );
    } catch (reason) {
      throw new Error(whyUnreachable(reason));
    }
  }

  /**
   * @param {string} path
   * @returns {Promise<DefinitionView>}
   */
  async definition(path) {
    try {
      return await getJson(
        `/api/definition?${new URLSearchParams({ stream: path })}`,
        POLL_PATIENCE_MS,
      );
    } catch (reason) {
      throw new Error(whyUnreachable(reason));
    }
  }

  setDefinition() {
    return onlyInTheWindow();
  }

  /**
   * @param {number} id
   * @returns {Promise<RowView | null>}
   */
  async row(id) {
    try {
      /** @type {Slice} */
      const { rows } = await getJson(`/api/connections?id=${id}`, POLL_PATIENCE_MS);
      return rows.find((row) => row.id === id) ?? null;
    } catch (reason) {
      throw new Error(whyUnreachable(reason));
    }
  }

  /**
   * @param {number} id
   * @param {number} from
   * @returns {Promise<WireView | null>}
   */
  async wire(id, from) {
    const query = new URLSearchParams({ id: String(id), from: String(from) });
    return ofConnection(`/api/wire?${query}`);
  }

  /**
   * @param {number} id
   * @param {boolean} secrets
   * @returns {Promise<RequestView | null>}
   */
  async request(id, secrets) {
    const query = { id: String(id), ...(secrets ? { secrets: "shown" } : {}) };
    return ofConnection(`/api/request?${new URLSearchParams(query)}`);
  }

  /** @returns {Promise<ActivityView>} */
  async activity() {
    try {
      return await getJson("/api/activity", POLL_PATIENCE_MS);
    } catch (reason) {
      throw new Error(whyUnreachable(reason));
    }
  }

  /**
   * @param {number} after
   * @returns {Promise<TimelineView>}
   */
  async timeline(after) {
    try {
      return await getJson(`/api/timeline?after=${after}`, POLL_PATIENCE_MS);
    } catch (reason) {
      throw new Error(whyUnreachable(reason));
    }
  }

  /**
   * @param {number} id
   * @returns {Promise<RecordedView | null>}
   */
  async recordConnection(id) {
    const response = await ofRecording(id, "POST");
    return response && (await response.json());
  }

  /** @param {number} id */
  async connectionRecording(id) {
    const response = await ofRecording(id, "GET");
    return response && (await response.text());
  }

  /** @param {number} id */
  async endConnectionRecording(id) {
    await ofRecording(id, "DELETE");
  }

  /** @returns {Promise<ProfileView[]>} */
  profiles() {
    return ofFaults("/api/profiles");
  }

  /** @returns {Promise<UpstreamView[]>} */
  async upstreams() {
    return (await ofFaults("/api/upstreams")).upstreams;
  }

  /**
   * @param {string | null} room
   * @param {string | null} url
   */
  async setUpstream(room, url) {
    await ofFaults("/api/upstreams", { method: "POST", body: JSON.stringify({ room, url }) });
  }

  /**
   * @param {string} fault
   * @returns {Promise<CheckedFault>}
   */
  checkFault(fault) {
    return ofFaults(`/api/faults/check?${new URLSearchParams({ fault })}`);
  }

  /**
   * @param {string} fault
   * @returns {Promise<ArmedFaults>}
   */
  arm(fault) {
    return ofFaults("/api/faults", { method: "POST", body: JSON.stringify({ fault }) });
  }

  /** @param {number | null} id */
  async heal(id) {
    const query = new URLSearchParams(id === null ? { room: "*" } : { id: String(id) });
    try {
      await ofFaults(`/api/faults?${query}`, { method: "DELETE" });
    } catch (reason) {
      // it may have been over already
      if (!(reason instanceof Refusal && reason.status === 404)) throw reason;
    }
  }

  /**
   * @param {BreakWish} wish
   * @returns {Promise<Acted>}
   */
  breakOpen(wish) {
    return ofFaults("/api/act", { method: "POST", body: JSON.stringify(wish) });
  }

  /**
   * @param {string} name
   * @param {string} bytes
   */
  async save(name, bytes) {
    const url = URL.createObjectURL(blobOf(bytes));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // the browser reads it after the click
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return name;
  }

  /** @param {string} text */
  async copy(text) {
    // the clipboard API exists only in secure contexts, and may still refuse
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (!copyBySelection(text)) {
        throw new Error("This browser does not let the page copy: select the text and copy it.");
      }
    }
  }

  /** @param {string} bytes */
  async copyPicture(bytes) {
    const type = "image/png";
    // the clipboard takes pictures only in secure contexts, and not in every browser
    if (!navigator.clipboard?.write || !window.ClipboardItem) {
      throw new Error("This browser does not let the page copy pictures.");
    }
    await navigator.clipboard.write([new ClipboardItem({ [type]: blobOf(bytes, type) })]);
  }

  /** @param {string} url */
  async open(url) {
    window.open(url, "_blank", "noopener");
  }

  act() {
    return onlyInTheWindow();
  }

  usePort() {
    return onlyInTheWindow();
  }

  /** @param {string} token */
  async useToken(token) {
    document.cookie = tokenCookie(token, location.protocol === "https:");
  }

  allowOrigin() {
    return onlyInTheWindow();
  }

  dismissNotice() {
    return onlyInTheWindow();
  }
}

/**
 * @param {string} bytes one character for each
 * @param {string} [type]
 */
const blobOf = (bytes, type) =>
  new Blob([Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))], { type });

/**
 * The cookie that carries a token, until the browser ends. An empty one takes it away.
 *
 * @param {string} token
 * @param {boolean} isSecure
 */
export const tokenCookie = (token, isSecure) =>
  [
    // the prefix is only for https, and keeps other hosts from setting it
    `${isSecure ? "__Host-sse" : "sse_token"}=${token}`,
    "Path=/",
    "SameSite=Strict",
    ...(isSecure ? ["Secure"] : []),
    ...(token === "" ? ["Max-Age=0"] : []),
  ].join("; ");

/** @returns {Promise<never>} */
const onlyInTheWindow = () =>
  Promise.reject(new Error("This page cannot do this: use the app's window."));

/**
 * What the server has of one connection; null if it has no such connection.
 *
 * @param {string} path
 */
async function ofConnection(path) {
  try {
    return await getJson(path, POLL_PATIENCE_MS);
  } catch (reason) {
    if (reason instanceof Refusal && reason.status === 404) return null;
    throw new Error(whyUnreachable(reason));
  }
}

/**
 * What the server answers about the recording of a connection; null if it has no such connection.
 *
 * @param {number} id
 * @param {string} method
 */
async function ofRecording(id, method) {
  const response = await fetch(`${BASE}/api/recording?id=${id}`, {
    method,
    cache: "no-store",
    signal: AbortSignal.timeout(POLL_PATIENCE_MS),
  }).catch((reason) => {
    throw new Error(whyUnreachable(reason));
  });
  if (response.status === 404) return null;
  if (response.ok) return response;
  const answer = await response.json().catch(() => null);
  throw new Refusal(answer?.error ?? noReason(response), response.status);
}

/**
 * What the server answers about faults.
 *
 * @param {string} path
 * @param {RequestInit} [request]
 */
async function ofFaults(path, request) {
  const response = await fetch(`${BASE}${path}`, {
    ...request,
    cache: "no-store",
    signal: AbortSignal.timeout(POLL_PATIENCE_MS),
  }).catch((reason) => {
    throw new Error(whyUnreachable(reason));
  });
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  const words = isBadFault(answer) ? answer.error : noReason(response);
  throw new Refusal(words, response.status);
}

/**
 * What the lab answers; its refusals are sentences.
 *
 * @param {string} path
 * @param {string} [method]
 */
async function askLab(path, method = "GET") {
  const response = await fetch(`${BASE}/api/lab${path}`, {
    method,
    cache: "no-store",
    signal: AbortSignal.timeout(POLL_PATIENCE_MS),
  }).catch((reason) => {
    throw new Error(whyUnreachable(reason));
  });
  if (response.ok || response.status === 404) return response;
  throw await refusalOf(response);
}

/**
 * @param {string} path
 * @param {number} patienceMs
 */
async function getJson(path, patienceMs) {
  const response = await fetch(`${BASE}${path}`, {
    cache: "no-store",
    signal: AbortSignal.timeout(patienceMs),
  });
  const answer = await response.json();
  if (!response.ok) {
    const wantsToken = response.headers.has("www-authenticate");
    throw new Refusal(answer.error ?? noReason(response), response.status, wantsToken);
  }
  return answer;
}

/** The server's own refusal, with a sentence that gives the reason. */
class Refusal extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {boolean} [wantsToken] another token may help
   */
  constructor(message, status, wantsToken = false) {
    super(message);
    this.status = status;
    this.wantsToken = wantsToken;
  }
}

/** @param {Response} response */
const noReason = ({ status }) => `The server answered ${status} without a reason: try again.`;

/** @param {Response} response whose body is the reason, as text */
async function refusalOf(response) {
  return new Refusal((await response.text()).trim() || noReason(response), response.status);
}

/** @param {unknown} reason */
function whyNotPublished(reason) {
  if (isSilence(reason)) {
    return `No answer ${waited()}: check the topic for the event before you publish it again.`;
  }
  return `Nothing answers on ${location.host}: start the server there, then publish again.`;
}

/** @param {unknown} reason */
function whyUnreachable(reason) {
  if (reason instanceof Refusal) return reason.message;
  if (isSilence(reason)) return `No answer ${waited()}: try again.`;
  const { host } = location;
  return `Nothing answers on ${host}: start the server there, and this page reconnects by itself.`;
}

/**
 * Whether the request timed out: there was neither an answer nor a refusal, and the cause is
 * unknown.
 *
 * @param {unknown} reason
 */
const isSilence = (reason) => reason instanceof DOMException && reason.name === "TimeoutError";

const waited = () => `from ${location.host} for ${POLL_PATIENCE_MS / 1000} s`;

/**
 * Copies by the old API, for pages that are not a secure context.
 *
 * @param {string} text
 */
function copyBySelection(text) {
  const had = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (had instanceof HTMLElement) had.focus();
  return copied;
}
