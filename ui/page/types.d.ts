/**
 * The shapes that the server and the shell send, and the few that the page's modules share.
 * Read by the type check only; nothing loads it at run time.
 */

export type Phase = "stopped" | "starting" | "running" | "stopping" | "failed";

/** Why the server could not start, while it is failed. */
export interface StartError {
  kind: "port_in_use" | "port_forbidden" | "other";
  /** One sentence: what is wrong and what to do. */
  message: string;
  holder: { name: string; pid: number } | null;
  next_free: number | null;
}

export interface Status {
  phase: Phase;
  /** The configured port; while running, the real one. */
  port: number;
  /** Where the server answers, while it runs. */
  url: string | null;
  error: StartError | null;
}

export interface StreamInfo {
  path: string;
  title: string;
  summary: string;
  endless: boolean;
  /** The `retry:` that the stream sends: what the browser waits before it comes back, null where it is left to it. */
  retry_ms: number | null;
  /** Every event name that the stream may send: EventSource hears only what is listened for. */
  events: string[];
  /** Its events have ids: a client that comes back goes on where it was. */
  ids: boolean;
  /** It sends more without a pause than a page can take. */
  unpaced: boolean;
}

/** The file that the list of streams is read from. */
export interface StreamsFile {
  path: string;
  /** The same for people, with `~` for their home. */
  short: string;
  /** While there is none, the streams are those that the program is shipped with. */
  exists: boolean;
  /** Another number whenever another list of it is served. */
  revision: number;
  /** Why the file is not what is served. */
  problem: FileProblem | null;
}

/** What is wrong with the file of streams, in sentences. */
export interface FileProblem {
  /** From 1; null where it is no mistake in the text. */
  line: number | null;
  sentence: string;
  /** What is served meanwhile. */
  instead: string;
}

/** What a stream would send to a client that connects now. */
export interface Preview {
  stream: string;
  head: string;
  head_lines: WireLine[];
  /** The first events, as they go out, each with its time after the beginning. */
  parts: { at_ms: number; bytes: string; lines: WireLine[] }[];
  /** There is more to come. */
  more: boolean;
}

/** What is published to one path: somebody else's events, kept for a while. */
export interface TopicInfo {
  name: string;
  path: string;
  subscribers: number;
  /** Since it began. */
  published: number;
  kept: number;
  kept_bytes: number;
  last_id: string | null;
  /** The event names seen lately, with those that it may always send. */
  events: string[];
  retry_ms: number;
  /** After so long it ends by itself when nobody reads it and nobody feeds it; null is never. */
  ttl_ms: number | null;
}

/** What the server says of an event that it took. */
export interface Published {
  id: string;
  events: number;
  /** How many subscribers it was handed to. */
  subscribers: number;
}

export interface Ending {
  by: "server" | "client" | "network";
  why: string;
  /** A finite stream was sent whole. */
  complete: boolean;
  at_ms: number;
  /** How far a finite stream came that ended before its last event. */
  cut: { after: number; of: number } | null;
}

/** What a client did after its connection ended, by the server's own accounting. */
export interface Verdict {
  /**
   * The connection is a return; or it ended, and another one is its return, or was to be and was refused; or it ended and nothing
   * came, before its last event or not; or it is open, and its client has others open beside it.
   */
  kind: "back" | "returned" | "refused" | "missing" | "cut" | "beside";
  /** The whole of it, in words. */
  words: string;
  /** The same for a cell. */
  brief: string;
  /** What to change in the client, as a sentence. */
  advice: string | null;
  /** Something is wrong with the client. */
  bad: boolean;
  /** It came again although it had been told that there is no more (204). */
  despite: boolean;
  /** False where another client may have been taken for it. */
  sure: boolean;
  /** Null where it was back before it was missed. */
  away_ms: number | null;
  retry_ms: number | null;
  /** Events that it was never sent, and that it was sent twice; null where it cannot be told. */
  lost: number | null;
  repeated: number | null;
  /** The connection that it continues, or that continues it. */
  other: number | null;
}

/** One connection: a client on a stream, by the server's own accounting. */
export interface Row {
  id: number;
  peer: string;
  program: string;
  stream: string;
  client: string | null;
  method: string;
  since_ms: number;
  brought: string | null;
  last_id: string | null;
  events: number;
  bytes: number;
  /** A second; null where it is not known yet, or not open any more. */
  rate: number | null;
  byte_rate: number | null;
  /** Events of its topic that it has yet to be sent; null for streams of the list. */
  behind: number | null;
  /** Its socket takes no more at the moment. */
  blocked: boolean;
  http: "1.1" | "1.0";
  state: "open" | "ended" | "refused";
  status: number;
  origin: string | null;
  ended: Ending | null;
  /** Whether it came back, or is missed; null where there is nothing to say. */
  verdict: Verdict | null;
  /** What its client did after its end. */
  afterwards: Verdict | null;
  /** Set by the page alone: the figures are older than those of the rows around it. */
  stale?: boolean;
}

/** How many there are and were. */
export interface Tally {
  open: number;
  opened: number;
  refused: number;
  /** Requests that were answered with 204: there was nothing left to send. */
  complete: number;
}

/** What the table of connections can be sorted by. */
export type Sort =
  | "state"
  | "since"
  | "peer"
  | "program"
  | "stream"
  | "client"
  | "brought"
  | "last_id"
  | "events"
  | "bytes"
  | "rate"
  | "byte_rate"
  | "behind"
  | "http"
  | "verdict";

/** What somebody wants to see of the table. */
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

/** What a look shows. */
export interface Slice extends Tally {
  /** Rows that there are, and those that the filter leaves. */
  all: number;
  matching: number;
  /** How many of those stand above these. */
  first: number;
  rows: Row[];
}

/** The last bytes that a connection was sent, as the kernel took them. */
export interface Wire {
  id: number;
  /** When the connection began: after a new start of the server another one may have its id. */
  since_ms: number;
  /** All bytes so far. */
  taken: number;
  /** Bytes that are not kept: all that were taken, less all that are kept. */
  missed: number;
  /** Bytes are being kept now. */
  on: boolean;
  pieces: {
    at_ms: number;
    offset: number;
    /** What one visit of the stream wrote begins here: a chunk, and an event. */
    begins: boolean;
    /** A character for each byte, U+0000 to U+00FF. */
    bytes: string;
    /** The same bytes as lines. The last one may go on in the next piece. */
    lines: WireLine[];
  }[];
  events: WireEvent[];
}

/** What a client makes of the bytes. */
export interface WireEvent {
  at_ms: number;
  /** The place of the byte behind its last one. */
  end: number;
  kind: "event" | "comment" | "retry";
  event?: string;
  /** Null where it is not known: decoding began after the last one was given. */
  id?: string | null;
  data?: string;
  text?: string;
  ms?: number;
}

export interface State {
  name: string;
  version: string;
  status: Status;
  streams: StreamInfo[];
  /** Null where the program has no place for such a file. */
  streams_file: StreamsFile | null;
  topics: TopicInfo[];
  connections: Tally;
  notice: string | null;
}

/** An entry of the one table that also makes the native menu. */
export interface Action {
  id: string;
  label: string;
  accelerator: string | null;
  enabled: boolean;
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
  /** How many streams the page may have under way: in a browser, its own questions need a connection too. */
  readonly streamsAtMost: number;
  /**
   * Keeps the store up to date from now on; `askPort` is called when the menu asks for the port, and `underWay` holds
   * what has a stream under way on this page.
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
  /** What the stream of this path would send. Rejects with a sentence that says why it cannot be told. */
  preview(path: string): Promise<Preview>;
  /** A row of the table of connections; null where it is not in it, or no longer. Rejects with a sentence. */
  row(id: number): Promise<Row | null>;
  /**
   * What a connection was sent, as far as it is kept, from its byte `from` on; null where it is no longer in the table.
   * Rejects with a sentence.
   */
  wire(id: number, from: number): Promise<Wire | null>;
  /** Writes a file of these bytes, a character for each, and tells where it went. Rejects with a sentence. */
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

/** A run of arrivals numbered from `first`, oldest first: the live ring, or a copy of it that is held. */
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

/** What a panel has of the server: something to start on, nothing because it does not run, or no answer. */
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

/** A line that was on the wire, or a part of one. Name, value and end together are the line. */
export interface WireLine {
  kind: "head" | "chunk" | "comment" | "data" | "event" | "id" | "retry" | "other";
  /** The field's or header's name with its colon and space; empty where there is none. */
  name: WireText;
  value: WireText;
  end: string;
  /** All of its bytes. */
  length: number;
}

/** Text of the wire, and between it single bytes that are no characters. */
export type WireText = string | (string | WireByte)[];

export interface WireByte {
  /** Its two hexadecimal digits. */
  byte: string;
  /** What a client reads here: U+FFFD, the character of which it is the last byte, or nothing. */
  text: string;
}

/** A piece of such a text: one to read, or one character or byte that cannot be seen, with the sign for it. */
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
