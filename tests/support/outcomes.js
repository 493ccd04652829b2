// What a browser makes of each fault: all streams at once, each until it is over for good or
// silent. The test gives `base`, the address of the room, and `faults`, those of each row.

// Browsers allow a host six connections, and two names of one server are two hosts.
const bases = [base, base.replace("localhost", "127.0.0.1")];
const LANES = 8;
const OPEN_AND_SILENT = 4_000;
// Where no reconnection time has arrived, browsers wait up to five seconds.
const AWAY = 9_000;

const { OPEN, CLOSED } = EventSource;
// Whose first answer has no head. A browser may ask again by itself then, depending on whether it
// had a connection ready: the page hears of an error or it does not.
const HEADLESS = /^(never|cut,attempt|reset,attempt)/;

const sent = (n) => `豆${n}`;

/** One event in words. */
function one({ data, lastEventId }) {
  const id = Number(lastEventId);
  if (data === sent(id)) return id;
  if (data.includes("\uFFFD")) return `${id} with U+FFFD`;
  if (data.length > 1_000) return `${id} with a long line`;
  const both = `${sent(id - 1)}\n${sent(id)}`;
  if (data === both) return `${id - 1} and ${id} as one`;
  const number = /^豆(\d)$/.exec(data)?.[1];
  if (number) return `${number} with ${lastEventId === "" ? "no id" : `id ${lastEventId}`}`;
  return data === "x" ? "one more" : `${id} with other data`;
}

/** Events in words: `1–3, 5`. */
function words(events) {
  const parts = [];
  for (const event of events.map(one)) {
    const last = parts.at(-1);
    if (typeof event === "number" && last?.to === event - 1) last.to = event;
    else parts.push(typeof event === "number" ? { from: event, to: event } : { text: event });
  }
  const said = parts.map(({ from, to, text }) =>
    text ?? (from === to ? `${from}` : `${from}–${to}`),
  );
  if (said.join() === "1–5") return "all events";
  return said.length === 0 ? "" : `${events.length === 1 ? "event" : "events"} ${said.join(", ")}`;
}

/** Connections in words: what each brought, and how it went on. */
function outcome(connections, end) {
  const said = [];
  let last = 0;
  connections.forEach((events, at) => {
    const numbers = events.map(({ lastEventId }) => Number(lastEventId));
    const whole = events.every((event) => typeof one(event) === "number");
    const follows = at > 0 && last > 0 && whole && numbers[0] === last + 1;
    if (follows) said.push(`came back with id ${last}`);
    else if (at > 0) said.push(["came back", words(events)].filter(Boolean).join(": "));
    else if (events.length > 0) said.push(words(events));
    last = numbers.at(-1) ?? last;
  });
  // The server ends a stream that was heard to its end for good: that goes without saying.
  if (end !== "closed") said.push(end);
  else if (last !== 5) said.push("closed for good");
  return said.join(", ");
}

/** Reads a stream with EventSource. */
function watch(url, fault) {
  return new Promise((done) => {
    const connections = [];
    let events = [];
    let opened = false;
    let failed = HEADLESS.test(fault);
    let timer;
    const source = new EventSource(url);
    const finish = (end) => {
      clearTimeout(timer);
      source.close();
      done(outcome(opened ? connections : [], end));
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => finish(source.readyState === OPEN ? "then silence" : "does not come back"),
        source.readyState === OPEN ? OPEN_AND_SILENT : AWAY,
      );
    };
    source.onopen = () => {
      if (!opened && failed) connections.push([]);
      opened = true;
      events = [];
      connections.push(events);
      later();
    };
    source.onmessage = (event) => {
      events.push(event);
      later();
    };
    source.onerror = () => {
      failed = true;
      if (source.readyState === CLOSED) finish("closed");
      else later();
    };
    later();
  });
}

/** What needs a preflight, which EventSource never does. */
async function ask(url) {
  try {
    const answer = await fetch(url, { headers: { "last-event-id": "3", "x-own": "1" } });
    const text = await answer.text();
    return text.includes("豆5") ? "all events" : `status ${answer.status}`;
  } catch {
    return "the request fails";
  }
}

const outcomes = faults.map(() => null);
window.outcomes = outcomes;
const waiting = [...faults.entries()];
const next = async (room) => {
  const row = waiting.shift();
  if (!row) return;
  const [at, list] = row;
  const query = new URLSearchParams({ client: `f${at}` });
  const again = `${room}/numbers?client=f${at}`;
  for (const fault of list) query.append("fault", fault.replace("URL", again));
  const url = `${room}/numbers?${query}`;
  outcomes[at] = await (list[0].startsWith("preflight") ? ask(url) : watch(url, list[0]));
  next(room);
};
for (let lane = 0; lane < LANES; lane += 1) next(bases[lane % bases.length]);
return outcomes.length;
