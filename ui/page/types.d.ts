/**
 * The types that the page's modules share. The types of the JSON from server and app are in
 * server.d.ts, which is generated. Only the type check reads this file; nothing loads it at run
 * time.
 */

import type {
  Acted,
  Action,
  ActivityView,
  ArmedFaults,
  CheckedFault,
  DefinitionView,
  EngineView,
  FaultView,
  JoinedView,
  LabCaseSent,
  LabRun,
  ListedCase,
  Preview,
  Profile,
  ProfileView,
  Published,
  RecordedView,
  RequestView,
  RowView,
  Slice,
  Sort,
  Status,
  StreamInfo,
  StreamsFile,
  Tally,
  TimelineView,
  TokensView,
  TopicInfo,
  UpstreamView,
  WatchCursor,
  WatchForm,
  WatchView,
  WireView,
} from "./server.js";

/** A row of the table of connections. */
export interface Row extends RowView {
  /** The figures are older than those of the rows around it. */
  stale?: boolean;
}

/** The query for a part of the table. */
export interface TableQuery {
  sort: Sort;
  descending: boolean;
  /** Words that a row must all have. */
  filter: string;
  /** The path of the one stream that is wanted. */
  stream?: string;
  /** Leaves out what had ended by then, in milliseconds since 1970. */
  ended_after?: number;
  /** A line for each client of a stream, and not for each connection. */
  grouped?: boolean;
  /** The groups of which each connection has a line. */
  unfolded?: number[];
  /** The index of the first line. */
  first: number;
  /** At most 200. */
  count: number;
}

/** What the store keeps: the server's state in parts, and what only the page knows. */
export interface Parts {
  about: { name: string; version: string };
  status: Status;
  streams: StreamInfo[];
  streams_file: StreamsFile | null;
  topics: TopicInfo[];
  connections: Tally;
  /** What is armed, in all rooms. */
  faults: FaultView[];
  /** What needs a token. */
  tokens: TokensView;
  /** What keeps the topics of several nodes; null where each server keeps its own. */
  engine: EngineView | null;
  notice: string | null;
  /** Which editor just opened the file of streams, in a sentence; null after a while. */
  edited: string | null;
  actions: Action[];
  /** Why the server does not answer, in a sentence; null while it answers. */
  unreachable: string | null;
  /** What is said of the window's watch in the rail; null while there is none. */
  watched: { words: string; isOn: boolean } | null;
  /** What the lab says of the run that was looked at last; null where there is none. */
  judged: { words: string; wrong: number } | null;
  /** The whole state has been set once. */
  whole: true;
}

/** Where the page runs: the app's window, or a browser. */
export interface Host {
  /** The app's watch of any URL; null in a browser, where no page may make a program fetch. */
  readonly watcher: Watcher | null;
  /** The lab of the server, which judges clients. */
  readonly lab: LabReader;
  /** In the window the page can start and stop the server, choose the port, allow origins. */
  readonly controls: boolean;
  /**
   * How many streams the page may have open at once: in a browser, its requests need a connection
   * too.
   */
  readonly streamsAtMost: number;
  /**
   * Keeps the store up to date from now on. `perform` is called with each command that the native
   * menu has for the page, and `underWay` has the clients of this page that have a run.
   */
  watch(
    store: import("./store.js").Store,
    perform: (command: string) => void,
    underWay: Set<object>,
  ): void;
  /** The address that this page opens streams on, or null when there is none now. */
  streamBase(status: Status | undefined): string | null;
  /** A part of the table of connections. Rejects when the server does not answer. */
  slice(query: TableQuery): Promise<Slice>;
  /** The connections with this tag, newest first. Rejects when the server does not answer. */
  client(tag: string): Promise<Slice>;
  /** Publishes an event; an empty name is none. Rejects with a sentence that gives the reason. */
  publish(topic: string, draft: { data: string; event: string }): Promise<Published>;
  /** Ends a topic. Rejects with a sentence that gives the reason. */
  endTopic(topic: string): Promise<void>;
  /** What the stream of this path would send. Rejects with a sentence that gives the reason. */
  preview(path: string): Promise<Preview>;
  /**
   * The lines that define the stream of this path. Rejects with a sentence that gives the reason.
   */
  definition(path: string): Promise<DefinitionView>;
  /**
   * Replaces the lines `was`, which define the stream of this path, by `text`; without a path, adds
   * `text` below all streams. Resolves to the lines as they are then, or to null if they define no
   * stream any more. In the window it rejects with a `BadDefinition`, and elsewhere with a sentence.
   */
  setDefinition(
    path: string | null,
    text: string,
    was: string | null,
  ): Promise<DefinitionView | null>;
  /**
   * A row of the table of connections; null if it is not there. Rejects with a sentence that gives
   * the reason.
   */
  row(id: number): Promise<RowView | null>;
  /**
   * The kept bytes of a connection from byte `from` on; null if it is no longer in the table.
   * Rejects with a sentence that gives the reason.
   */
  wire(id: number, from: number): Promise<WireView | null>;
  /**
   * What happens on each stream and topic that is served. Rejects with a sentence that gives the
   * reason.
   */
  activity(): Promise<ActivityView>;
  /**
   * What happened when since the cursor `after`; with 0, all that is kept. Rejects with a sentence
   * that gives the reason.
   */
  timeline(after: number): Promise<TimelineView>;
  /**
   * The request of a connection, its secrets hidden unless `secrets`; null if the connection is no
   * longer in the table. Rejects with a sentence that gives the reason.
   */
  request(id: number, secrets: boolean): Promise<RequestView | null>;
  /**
   * Begins to record a connection: what is kept of it, and all that it is sent from now on; null if
   * the connection is no longer in the table. Rejects with a sentence that gives the reason.
   */
  recordConnection(id: number): Promise<RecordedView | null>;
  /** The text of its recording, or of what is kept; null if it is no longer in the table. */
  connectionRecording(id: number): Promise<string | null>;
  /** Ends the recording of a connection, and forgets it. */
  endConnectionRecording(id: number): Promise<void>;
  /** The profiles that a fault can name. Rejects with a sentence that gives the reason. */
  profiles(): Promise<ProfileView[]>;
  /** The upstreams of all rooms. Rejects with a sentence that gives the reason. */
  upstreams(): Promise<UpstreamView[]>;
  /**
   * Gives a room an upstream, or takes it away with null. Rejects with a sentence that says what is
   * wrong with it.
   */
  setUpstream(room: string | null, url: string | null): Promise<void>;
  /** Reads a fault, and arms nothing. Rejects with a sentence that says what is wrong with it. */
  checkFault(fault: string): Promise<CheckedFault>;
  /** Arms a fault. Rejects with a sentence that gives the reason. */
  arm(fault: string): Promise<ArmedFaults>;
  /**
   * Heals a fault, or with null all of all rooms. Rejects with a sentence that gives the reason.
   */
  heal(id: number | null): Promise<void>;
  /** Breaks open connections. Rejects with a sentence that gives the reason. */
  breakOpen(wish: BreakWish): Promise<Acted>;
  /**
   * Writes a file of these bytes, given as one character each, and resolves to its path. Rejects
   * with a sentence that gives the reason.
   */
  save(name: string, bytes: string): Promise<string>;
  copy(text: string): Promise<void>;
  /**
   * Copies a picture, a PNG given as one character for each byte. Rejects with a sentence where
   * pictures cannot be copied.
   */
  copyPicture(bytes: string): Promise<void>;
  /** Shows the address in the person's browser. */
  open(url: string): Promise<void>;
  act(action: Act): Promise<void>;
  usePort(port: number, start: boolean): Promise<void>;
  /**
   * Sends this token with each request from now on, as a cookie of this browser; an empty one sends
   * none. In the window it rejects, because its server has no tokens.
   */
  useToken(token: string): Promise<void>;
  allowOrigin(origin: string): Promise<void>;
  dismissNotice(): Promise<void>;
}

/** The app's watch of any URL. Each rejects with a sentence that gives the reason. */
export interface Watcher {
  /** What is asked for where nobody says otherwise. */
  form(): Promise<WatchForm>;
  /** Reads a curl line. */
  fromCurl(line: string): Promise<WatchForm>;
  /** Begins a watch in place of the one before, and records it where that is wished. */
  begin(form: WatchForm, records: boolean): Promise<void>;
  stop(): Promise<void>;
  /** Records the watch that goes on into a file of the downloads. */
  record(): Promise<void>;
  /** Ends the recording. The watch goes on. */
  stopRecording(): Promise<void>;
  /** What came, as far as it is newer than the cursor. */
  read(cursor: WatchCursor): Promise<WatchView>;
  /** What the events mean together. */
  joined(): Promise<JoinedView>;
  /** Asks once more what the diagnosis wants to know besides. */
  askAgain(): Promise<void>;
  /** The text of a rule of the diagnosis, in Markdown. */
  rule(name: string): Promise<string>;
}

/** The lab, which judges clients. Each rejects with a sentence that gives the reason. */
export interface LabReader {
  /** The cases of all profiles. */
  cases(): Promise<ListedCase[]>;
  /** The names of those who came, the newest first. */
  runs(): Promise<string[]>;
  /** What a client has made of it so far, without its requests; null if none came by that name. */
  run(name: string, profile: Profile): Promise<LabRun | null>;
  /** The same of one case, with what was sent. */
  case(name: string, id: string, profile: Profile): Promise<LabCaseSent | null>;
  /** Forgets what a client did: whoever comes by that name begins anew. */
  forget(name: string): Promise<void>;
  /**
   * Opens the second address of a run, and answers its URL. It is closed when the run is forgotten
   * or the server stops.
   */
  second(name: string): Promise<string>;
  /** Whether this page may connect to a second address. */
  readonly reachesSecond: boolean;
}

/** What is to be done to connections that are open. */
export interface BreakWish {
  /** A fault. */
  do: string;
  /** The path of the only stream. */
  stream?: string;
  /** The ids of the only connections. */
  connections?: number[];
  /** The room, where it is not the default one. */
  room?: string;
}

/** A connection, or all of a stream, as what is to be broken. */
export interface BreakTarget {
  /** Tells it from others. */
  name: string;
  /** Of several connections what they have in common. */
  stream: string | null;
  client: string | null;
  room: string | null;
  /** Missing where all of the stream are meant. */
  connections?: number[];
  /** The connections are all of one client of the stream. */
  isOneClient?: boolean;
  isOpen: boolean;
  /** The numbers of the faults that struck it. */
  struck: number[];
  /**
   * Of each connection that replays a recording step by step, the number of the event that its next
   * step sends; null is what is left behind the last event.
   */
  steps?: (number | null)[];
}

/** The callbacks of the place that shows the table of connections. */
export interface TableReader {
  /** A row was opened, by a key or by a click. */
  open(row: Row, byKey: boolean): void;
  /** The cursor moved to another row. */
  moved(row: Row): void;
  /** The server reported these rows. */
  answered(rows: Row[]): void;
  /** Closes the wire; returns whether it was open. */
  close(): boolean;
}

/** What every element of the page is connected to. */
export interface App {
  host: Host;
  store: import("./store.js").Store;
  /** The tags of this page's own streams, so that the table can mark them. */
  ownTags: Set<string>;
  /** The clients of this page that have a run: their number is limited by the host. */
  underWay: Set<object>;
  /** Breaks what is open, and undoes that. */
  deeds: import("./breaks/deeds.js").Deeds;
  askPort: () => void;
  /** Asks for the token that the server wants. */
  askToken: () => void;
  /** Shows the place where faults are armed and healed. */
  showFaults: () => void;
  /** Shows the wire of a connection, which is in another place. */
  showConnection: (id: number) => void;
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
  /** In words, when it is the server's report of lost events. */
  notice: string | null;
  /** In words, when this is no event, but the stream that goes on after an outage. */
  outage: string | null;
}

/** What the page asks the window to do with the server. */
export type Act = "start" | "stop" | "stop-abruptly" | "refuse" | "knock" | "edit-streams";

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
  /** A sentence beside it, when the words do not say what to do. */
  note: string | null;
  /** Nothing more arrives until the person starts it again. */
  final: boolean;
}

/** The server as a panel needs it: ready to start a stream, stopped, or not answering. */
export type ServerHere = "ready" | "stopped" | "unreachable";

/** Why a list is empty although events arrived: it is paused, cleared, or filtered. */
export type Emptied = "paused" | "cleared" | "filtered" | null;

/** What an empty list says to do next, and whether it offers a line to copy. */
export interface Hint {
  words: string;
  withLine: boolean;
}

/** What a panel shows: a stream of the server's list, or a topic. */
export interface Feed {
  path: string;
  title: string;
  /** Its name for screen readers. */
  label: string;
  summary: string;
  /** When it ends by itself, of a topic. */
  about: string;
  retry_ms: number | null;
  events: string[];
  /** The last event id that a run starts with. */
  from: string;
  /** It is requested with the name of each event in its data, so that none is missed. */
  names_in_data: boolean;
  /** It sends without a pause, faster than a page can take. */
  unpaced: boolean;
  /** The line for a terminal. */
  line(address: string): string;
  hint(standing: Standing, server: ServerHere): Hint;
}

/**
 * A piece of a text of the wire: readable text, or one invisible character or byte with its sign.
 */
export interface WirePiece {
  text: string;
  sign: string | null;
}

/** What the app tells its page: what a part of the store is now, or a command to perform. */
export type Told =
  | { part: "perform"; value: string }
  | { [P in keyof Parts]: { part: P; value: Parts[P] } }[keyof Parts];

interface TauriGlobal {
  core: { invoke<T>(command: string, args?: Record<string, unknown>): Promise<T> };
  event: { listen<T>(name: string, handler: (event: { payload: T }) => void): Promise<() => void> };
}

declare global {
  interface Window {
    __TAURI__?: TauriGlobal;
  }
}
