/**
 * The shapes that the page's modules share. What the server and the shell send is in server.d.ts,
 * which is generated. Read by the type check only; nothing loads it at run time.
 */

import type {
  Action,
  Preview,
  Published,
  RowView,
  Slice,
  Sort,
  Status,
  StreamInfo,
  StreamsFile,
  Tally,
  TopicInfo,
  WireView,
} from "./server.js";

/** A row of the table of connections. */
export interface Row extends RowView {
  /** The figures are older than those of the rows around it. */
  stale?: boolean;
}

/** The query of a look: what somebody wants to see of the table. */
export interface Look {
  sort: Sort;
  descending: boolean;
  /** Words that a row must all have. */
  filter: string;
  /** Rows above those that are wanted. */
  first: number;
  /** At most 200. */
  count: number;
}

/** What the store holds: the server's state in parts, and what only the page knows. */
export interface Parts {
  about: { name: string; version: string };
  status: Status;
  streams: StreamInfo[];
  streams_file: StreamsFile | null;
  topics: TopicInfo[];
  connections: Tally;
  notice: string | null;
  /** What the file of streams was just opened with, in a sentence; null once that was said. */
  edited: string | null;
  actions: Action[];
  /** Why the server gives no answer, in a sentence; null while it does. */
  unreachable: string | null;
  /** All of the state has been heard once. */
  whole: true;
}

/** Where the page runs: the app's window, or a browser. */
export interface Host {
  /** In the window the page can start and stop the server, choose the port, allow origins. */
  readonly controls: boolean;
  /**
   * How many streams the page may have under way: in a browser, its own questions need a connection
   * too.
   */
  readonly streamsAtMost: number;
  /**
   * Keeps the store up to date from now on; `askPort` is called when the menu asks for the port,
   * and `underWay` holds what has a stream under way on this page.
   */
  watch(store: import("./store.js").Store, askPort: () => void, underWay: Set<object>): void;
  /** The address that this page opens streams on, or null when there is none now. */
  streamBase(status: Status | undefined): string | null;
  /** A part of the table of connections. Rejects when the server cannot be asked. */
  look(look: Look): Promise<Slice>;
  /** The connections that carry this tag, newest first. Rejects when the server cannot be asked. */
  client(tag: string): Promise<Slice>;
  /** Rejects with a sentence that says why the event was not taken. An empty name is none. */
  publish(topic: string, draft: { data: string; event: string }): Promise<Published>;
  /** Ends a topic. Rejects with a sentence that says why it cannot be ended. */
  endTopic(topic: string): Promise<void>;
  /**
   * What the stream of this path would send. Rejects with a sentence that says why it cannot be
   * told.
   */
  preview(path: string): Promise<Preview>;
  /**
   * A row of the table of connections; null where it is not in it, or no longer. Rejects with a
   * sentence.
   */
  row(id: number): Promise<RowView | null>;
  /**
   * What a connection was sent, as far as it is kept, from its byte `from` on; null where it is no
   * longer in the table. Rejects with a sentence.
   */
  wire(id: number, from: number): Promise<WireView | null>;
  /**
   * Writes a file of these bytes, a character for each, and tells where it went. Rejects with a
   * sentence.
   */
  save(name: string, bytes: string): Promise<string>;
  copy(text: string): Promise<void>;
  /** Shows the address in the person's browser. */
  open(url: string): Promise<void>;
  act(action: "start" | "stop" | "edit-streams"): Promise<void>;
  usePort(port: number, start: boolean): Promise<void>;
  allowOrigin(origin: string): Promise<void>;
  dismissNotice(): Promise<void>;
}

/** What every element of the page is given. */
export interface App {
  host: Host;
  store: import("./store.js").Store;
  /** The tags of this page's own streams, so that the table can mark them. */
  ownTags: Set<string>;
  /** What has a stream under way on this page: together they stay within what its host allows. */
  underWay: Set<object>;
  askPort: () => void;
}

/** One event as it arrived. */
export interface Arrival {
  /** Wall clock, in milliseconds. */
  at: number;
  /** Milliseconds since the previous event of the same run; null for the first. */
  gap: number | null;
  id: string;
  event: string;
  data: string;
  /** In words, when it is the server's own: events were lost before it. */
  notice: string | null;
  /** In words, when the connection was made anew just before this event. */
  resumed: string | null;
}

/**
 * A run of arrivals numbered from `first`, oldest first: the live ring, or a copy of it that is
 * held.
 */
export interface View {
  readonly first: number;
  readonly size: number;
  at(index: number): Arrival;
}

export type StreamState = "idle" | "connecting" | "open" | "ended" | "stopped" | "lost" | "refused";

/** A stream's state as the panel shows it. */
export interface Standing {
  state: StreamState;
  words: string;
  /** A sentence that goes with it, when words alone do not say what to do. */
  note: string | null;
  /** Nothing more will come until the person starts it again. */
  final: boolean;
}

/**
 * What a panel has of the server: something to start on, nothing because it does not run, or no
 * answer.
 */
export type ServerHere = "ready" | "stopped" | "unreachable";

/** What keeps a list empty beside that nothing came: it is paused, or it was cleared. */
export type Emptied = "paused" | "cleared" | null;

/** What an empty list says to do next, and whether a line to copy goes with it. */
export interface Hint {
  words: string;
  withLine: boolean;
}

/** What a panel shows: a stream of the server's list, or a topic. */
export interface Feed {
  path: string;
  title: string;
  /** How it is told from the others where only words are heard. */
  label: string;
  summary: string;
  retry_ms: number | null;
  events: string[];
  /** The last event id that a run begins with. */
  from: string;
  /** It can be asked for with the name of each event in its data, so that none goes by unheard. */
  names_in_data: boolean;
  /** It sends more without a pause than a page can take. */
  unpaced: boolean;
  /** The line that a terminal takes. */
  line(address: string): string;
  hint(standing: Standing, server: ServerHere): Hint;
}

/**
 * A piece of a text that was on the wire: one to read, or one character or byte that cannot be
 * seen, with the sign for it.
 */
export interface WirePiece {
  text: string;
  sign: string | null;
}

interface TauriGlobal {
  core: { invoke<T>(command: string, args?: Record<string, unknown>): Promise<T> };
  event: { listen<T>(name: string, handler: (event: { payload: T }) => void): Promise<() => void> };
}

declare global {
  interface Window {
    __TAURI__?: TauriGlobal;
  }
}
