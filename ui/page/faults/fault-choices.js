/**
 * What can be chosen for each word of the sentence that makes a fault. The choices are a selection:
 * whatever else a fault says is a choice too, as long as it says it. Pure.
 *
 * @import { ProfileView } from "../server.js"
 * @import { FaultParts } from "../parts/fault-text.js"
 */

import { isOfPort } from "../parts/words.js";
import { meant, spelled } from "../parts/fault-text.js";

/**
 * @typedef {object} Word a word of docs/FAULTS.md
 * @property {string} word
 * @property {string} says
 * @property {[string | null, string?][]} [values] each with what it says, where it is not itself;
 *   the first is taken when the word is chosen
 * @property {[string, string | null][]} [needs] keys that it cannot be without
 * @property {"door" | "resume" | "end" | "quiet" | "port" | "profile"} [kind]
 */

/** @type {[string, Word[]][]} */
export const GROUPS = [
  ["Ends", [
    { word: "cut", says: "Cut the stream", kind: "end" },
    { word: "reset", says: "Reset the connection", kind: "end" },
    { word: "end", says: "End the stream in order", kind: "end" },
  ]],
  ["Instead of the stream", [
    {
      word: "status",
      says: "Answer with status",
      values: [["503"], ["429"], ["500"], ["502"], ["401"], ["403"], ["404"], ["204"], ["200"]],
      kind: "door",
    },
    {
      word: "redirect",
      says: "Redirect to",
      values: [["http://localhost:8001/numbers"], [null, "nowhere"]],
      kind: "door",
    },
    {
      word: "limit",
      says: "Refuse requests while open connections are",
      values: [["1", "1 or more"], ["6", "6 or more"], ["100", "100 or more"]],
      kind: "door",
    },
    { word: "never", says: "Never answer", kind: "door" },
    { word: "refuse", says: "Do not listen at all", needs: [["for", "5s"]], kind: "port" },
    { word: "knock", says: "Reset whoever connects", needs: [["for", "5s"]], kind: "port" },
  ]],
  ["Silence", [
    { word: "silence", says: "Send nothing", kind: "quiet" },
    { word: "hang", says: "Hang, and not notice that the client leaves", kind: "quiet" },
    { word: "mute", says: "Send keep-alive, and no event", kind: "quiet" },
  ]],
  ["Head", [
    {
      word: "wait",
      says: "Send the head later by",
      values: times("300ms", "1s", "5s", "30s"),
      kind: "door",
    },
    {
      word: "type",
      says: "Answer with the content type",
      values: [["text/html"], ["text/plain"], ["application/json"], ["none", "left out"]],
      kind: "door",
    },
    { word: "no-cors", says: "Leave out the CORS headers", kind: "door" },
    {
      word: "preflight",
      says: "Answer the preflight with status",
      values: [["403"], ["404"], ["500"]],
      kind: "door",
    },
    {
      word: "drop-header",
      says: "Leave out the header",
      values: [["cache-control"], ["content-type"]],
      kind: "door",
    },
    { word: "length", says: "Claim a content length of", values: [["1000"], ["10"]], kind: "door" },
    { word: "encode", says: "Compress the stream with", values: [["gzip"]], kind: "door" },
  ]],
  ["Bytes", [
    {
      word: "split",
      says: "Split the stream",
      values: [
        ["utf8", "within characters"],
        ["each", "after each byte"],
        ["crlf", "between CR and LF"],
        ["7", "every 7 bytes"],
      ],
    },
    {
      word: "hold",
      says: "Hold back",
      values: [
        ["4096B", "until there are 4096 bytes"],
        ["1ev", "each event until the next"],
        ["end", "everything until the end"],
      ],
    },
    { word: "merge", says: "Send events together, as many as", values: [["3"], ["10"]] },
    {
      word: "dribble",
      says: "Send no faster than",
      values: [["200B/s", "200 bytes a second"], ["2000B/s", "2 kB a second"]],
    },
    {
      word: "ends",
      says: "Use line ends of",
      values: [["crlf", "CR LF"], ["cr", "CR"], ["lf", "LF"], ["mixed", "all kinds"]],
    },
    { word: "corrupt", says: "Send half of the next event's data" },
    { word: "bad-utf8", says: "Put a byte that is not UTF-8 into the next event" },
    { word: "bom", says: "Send a byte order mark" },
    { word: "nul-id", says: "Put U+0000 into the id of the next event" },
    { word: "bad-retry", says: "Send a retry that is no number" },
    { word: "no-blank", says: "Leave out the next blank line" },
    { word: "unknown-field", says: "Send a field that nobody knows" },
    {
      word: "long",
      says: "Send one line as long as",
      values: [["65536B", "64 KiB"], ["1048576B", "1 MiB"]],
    },
    { word: "comment", says: "Send the comment", values: [["ping"], ["keep-alive"]] },
  ]],
  ["Order", [
    { word: "skip", says: "Skip the next", values: [[null, "event"], ["3", "3 events"]] },
    {
      word: "repeat",
      says: "Repeat the next event",
      values: [[null, "once"], ["2", "twice"], ["10", "10 times"]],
    },
    { word: "swap", says: "Send the next event behind the one after it" },
    { word: "insert", says: "Insert an event with the data", values: [["hello"], ["[DONE]"]] },
    { word: "drop", says: "Leave out events that hold", values: [["[DONE]"]] },
    { word: "forget", says: "Begin anew when a client resumes", kind: "resume" },
    {
      word: "rewind",
      says: "Send again when a client resumes:",
      values: [["1", "1 event"], ["3", "3 events"]],
      kind: "resume",
    },
    {
      word: "jump",
      says: "Leave out when a client resumes:",
      values: [["1", "1 event"], ["3", "3 events"]],
      kind: "resume",
    },
  ]],
  ["Several at once", [
    { word: "profile", says: "Play the profile", values: [["deploy"]], kind: "profile" },
  ]],
];

const ALL = GROUPS.flatMap(([, words]) => words);

/**
 * Whether it can strike a stream that has begun. The server says so too, of each fault.
 *
 * @param {string} name
 */
export const canAct = (name) => !["door", "resume", "port"].includes(wordOf(name)?.kind ?? "");

/** @param {string} name */
export const wordOf = (name) => ALL.find(({ word }) => word === name);

/**
 * @typedef {object} Choice of one word of the sentence
 * @property {string} says
 * @property {[string, string | null][]} keys that it stands for; those of its slot that it does not
 *   name are left out
 */

/**
 * @typedef {object} Slot a word of the sentence
 * @property {string} name
 * @property {string} label for screen readers
 * @property {string} before words that stand before it
 * @property {string[]} keys that it decides
 * @property {Choice[]} choices
 * @property {[string, string]} [other] the key that somebody would type, and a value to begin with
 */

/** @type {Slot} */
const HALF = {
  name: "half",
  label: "Where in the stream",
  before: ", ",
  keys: ["half"],
  choices: [
    { says: "between two events", keys: [] },
    { says: "in the middle of the next event", keys: [["half", null]] },
    { says: "after the id of the next event", keys: [["half", "id"]] },
  ],
};

/** @type {Slot} */
const WHEN = {
  name: "when",
  label: "When",
  before: " ",
  keys: ["after", "idle"],
  choices: [
    { says: "at once", keys: [] },
    ...["1", "3", "10"].map((n) => keyed("after", n)),
    ...["1s", "5s", "30s"].map((time) => keyed("after", time)),
    ...["10s", "60s"].map((time) => keyed("idle", time)),
  ],
  other: ["after", '"[DONE]"'],
};

/** @type {Slot} */
const WHEN_AT_DOOR = {
  ...WHEN,
  choices: [
    { says: "from now on", keys: [] },
    ...["5s", "30s"].map((time) => ({
      says: `from ${spaced(time)} on`,
      keys: /** @type {[string, string][]} */ ([["after", time]]),
    })),
  ],
  other: ["after", "60s"],
};

/** @type {Slot} */
const OFTEN = {
  name: "often",
  label: "How often",
  before: ", ",
  keys: ["attempt", "times", "p"],
  choices: [
    { says: "every time", keys: [] },
    { says: "the next time only", keys: [["times", "1"]] },
    { says: "the next 3 times", keys: [["times", "3"]] },
    { says: "on the first request of each client", keys: [["attempt", "1"]] },
    { says: "on the first 3 requests of each client", keys: [["attempt", "1..3"]] },
    { says: "on the second request of each client", keys: [["attempt", "2"]] },
    { says: "half of the time", keys: [["p", "0.5"]] },
  ],
  other: ["times", "10"],
};

/** @type {Slot} */
const UNTIL = {
  name: "until",
  label: "How long",
  before: ", ",
  keys: ["for"],
  choices: [
    { says: "until it is healed", keys: [] },
    ...["5s", "30s", "60s"].map((time) => keyed("for", time)),
  ],
  other: ["for", "120s"],
};

/**
 * What is known on this page, for the choices.
 *
 * @typedef {object} Known
 * @property {string[]} paths of streams and topics
 * @property {string[]} clients their tags
 * @property {Pick<ProfileView, "name" | "faults">[]} profiles
 */

/** What says whom a fault strikes, and how often of its requests. */
const OF_SOME = ["stream", "client", "room", "attempt", "p"];

/**
 * Whether a fault is of the port, or a profile that has one of the port. Nobody has said who they
 * are when it strikes: it is for everyone.
 *
 * @param {FaultParts} parts
 * @param {Known} known
 */
function isForAll({ word, value }, { profiles }) {
  if (word !== "profile") return isOfPort({ fault: word });
  const played = profiles.find(({ name }) => name === meant(value ?? ""));
  return played?.faults.some((fault) => isOfPort({ fault })) ?? false;
}

/**
 * The words of the sentence behind the first one, for this fault.
 *
 * @param {FaultParts} parts
 * @param {Known} known
 * @returns {Slot[]}
 */
export function slotsOf(parts, known) {
  const kind = wordOf(parts.word)?.kind;
  const isProfile = kind === "profile";
  if (isForAll(parts, known)) {
    // one has to end, and a profile says of each when
    return isProfile ? [] : [{ ...UNTIL, choices: UNTIL.choices.filter(isLimited) }];
  }
  const slots = [
    ...(isProfile || kind === "resume" ? [] : [kind === "door" ? WHEN_AT_DOOR : WHEN]),
    ...(kind === "end" ? [HALF] : []),
    whose("stream", "Stream", ", for ", known.paths),
    whose("client", "Client", ", ", known.clients),
    isProfile ? { ...OFTEN, keys: ["attempt", "p"] } : OFTEN,
    ...(isProfile ? [] : [UNTIL]),
  ];
  return slots.map((slot) => ({
    ...slot,
    choices: slot.choices.filter(({ keys }) => keys.every(([key]) => slot.keys.includes(key))),
  }));
}

/** @param {Choice} choice */
const isLimited = ({ keys }) => keys.length > 0;

/**
 * @param {"stream" | "client"} key
 * @param {string} label
 * @param {string} before
 * @param {string[]} names
 * @returns {Slot}
 */
const whose = (key, label, before, names) => ({
  name: key,
  label,
  before,
  keys: [key],
  choices: [
    { says: `any ${key}`, keys: [] },
    ...names.map((name) => keyed(key, spelled(name))),
  ],
  other: [key, key === "stream" ? "/" : "my-app"],
});

/**
 * @param {string} key
 * @param {string} value
 * @returns {Choice}
 */
function keyed(key, value) {
  return { says: keyWords(key, value), keys: [[key, value]] };
}

/**
 * A key in words, whatever its value.
 *
 * @param {string} key
 * @param {string | null} value
 */
function keyWords(key, value) {
  if (value === null) return key;
  switch (key) {
    case "after": {
      if (value.startsWith('"')) return `after “${meant(value)}”`;
      return /^\d+$/.test(value)
        ? `after ${value} event${value === "1" ? "" : "s"}`
        : `after ${spaced(value)}`;
    }
    case "idle": return `when idle for ${spaced(value)}`;
    case "for": return `for ${spaced(value)}`;
    case "attempt": {
      const requests = value.includes("..") ? "requests" : "request";
      return `on ${requests} ${value.replace("..", " to ")} of each client`;
    }
    case "times": return `the next ${value} times`;
    case "p": return `with a chance of ${value}`;
    case "stream": return meant(value);
    case "client": return `client ${meant(value)}`;
    default: return `${key}=${value}`;
  }
}

/**
 * `5s` as `5 s`, on one line, and whatever else as it is.
 *
 * @param {string} value
 */
function spaced(value) {
  return value.replace(/^([\d.]+)([A-Za-z]+)$/, "$1\u00a0$2");
}

/**
 * @param {...string} values
 * @returns {[string, string][]}
 */
function times(...values) {
  return values.map((value) => [value, spaced(value)]);
}

/**
 * The choice of a slot that is taken, which may be one of its own.
 *
 * @param {Slot} slot
 * @param {FaultParts} parts
 * @returns {Choice}
 */
export function taken(slot, parts) {
  const keys = parts.keys.filter(([key]) => slot.keys.includes(key));
  const known = slot.choices.find((choice) => sameKeys(choice.keys, keys));
  if (known) return known;
  return { says: keys.map(([key, value]) => keyWords(key, value)).join(", "), keys };
}

/**
 * @param {[string, string | null][]} one
 * @param {[string, string | null][]} other
 */
const sameKeys = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * The fault with another choice in a slot.
 *
 * @param {FaultParts} parts
 * @param {Slot} slot
 * @param {Choice} choice
 * @returns {FaultParts}
 */
export const withChoice = (parts, slot, choice) => ({
  ...parts,
  keys: [...parts.keys.filter(([key]) => !slot.keys.includes(key)), ...choice.keys],
});

/**
 * The choices for the value of a fault's word, and the one that is taken; null where there is
 * nothing to choose.
 *
 * @param {FaultParts} parts
 * @param {Known} known
 */
export function valuesOf({ word, value }, { profiles }) {
  const values = wordOf(word)?.values ?? [];
  /** @type {[string | null, string?][]} */
  const all = word === "profile" ? profiles.map(({ name }) => [spelled(name)]) : values;
  if (all.length === 0 && value === null) return null;
  const own = all.some(([one]) => one === value) ? [] : [[value]];
  const choices = [...all, .../** @type {[string | null][]} */ (own)].map(([one, says]) => ({
    value: one,
    says: says ?? (one === null ? "nothing" : meant(one)),
  }));
  return { choices, taken: choices.findIndex((choice) => choice.value === value) };
}

/**
 * The fault with another value of its word. A profile that is for everyone loses whom it strikes.
 *
 * @param {FaultParts} parts
 * @param {string | null} value
 * @param {Known} known
 * @returns {FaultParts}
 */
export function withValue(parts, value, known) {
  const wanted = { ...parts, value };
  if (!isForAll(wanted, known)) return wanted;
  return { ...wanted, keys: parts.keys.filter(([key]) => !OF_SOME.includes(key)) };
}

/**
 * The fault with another word. Whom it strikes stays, and when, how often and how long where the
 * new word takes that.
 *
 * @param {FaultParts} parts
 * @param {Word} word
 * @param {Known} known
 * @returns {FaultParts}
 */
export function withWord(parts, word, known) {
  const wanted = { word: word.word, value: word.values?.[0]?.[0] ?? null, keys: parts.keys };
  const slots = slotsOf(wanted, known);
  /** @param {[string, string | null]} one */
  const stays = ([key, value]) => {
    const slot = slots.find(({ keys }) => keys.includes(key));
    if (!slot) return key === "room" && !isForAll(wanted, known);
    // at the door, nothing was sent that could be counted
    const isTime = key === "after" && /^[\d.]+(ms|s|m)$/.test(value ?? "");
    return slot.name !== "when" || word.kind !== "door" || isTime;
  };
  const keys = parts.keys.filter(stays);
  const needs = (word.needs ?? []).filter(([key]) => keys.every(([had]) => had !== key));
  return { ...wanted, keys: [...keys, ...needs] };
}

/**
 * What the sentence has no word for: `retry-after=2`.
 *
 * @param {FaultParts} parts
 * @param {Slot[]} slots
 */
export const restOf = ({ keys }, slots) =>
  keys
    .filter(([key]) => slots.every((slot) => !slot.keys.includes(key)))
    .map(([key, value]) => (value === null ? key : `${key}=${value}`));

/** Good faults to begin with. @type {[string, string][]} */
export const FIRST_FAULTS = [
  ["cut,after=3,attempt=1", "Cut each client once after 3 events, and see whether it comes back"],
  ["status=503,times=1", "Answer the next request with 503, and see who gives up"],
  ["silence,after=3", "Go silent after 3 events, and see who notices"],
];
