// The words of a fault: its text taken apart, the sentence, and what is armed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./ui.mjs";

const { joinFault, meant, spelled, splitFault } = await load("parts/fault-text.js");
const {
  FIRST_FAULTS,
  GROUPS,
  canAct,
  restOf,
  slotsOf,
  taken,
  valuesOf,
  withChoice,
  withValue,
  withWord,
  wordOf,
} = await load("faults/fault-choices.js");
const { checkedWords, endsWords, lastWords, struckWords, whomWords } =
  await load("faults/fault-words.js");
const {
  answeredNext, armedHere, canBeNamed, menuActs, ofLane, ofRow, ofRows, ofStream, stepWords,
} = await load("breaks/break-words.js");
const { Deeds } = await load("breaks/deeds.js");
const { armedWords, endWords, fateWords, flagWords, portFaultWords } = await load("parts/words.js");

const KNOWN = {
  paths: ["/numbers", "/a,b"],
  clients: ["t1"],
  profiles: [
    { name: "deploy", faults: ["cut,after=1", "refuse,start=1s,for=5s"] },
    { name: "gzip", faults: ["encode=gzip"] },
    { name: "a, storm", faults: ["knock,for=5s"] },
  ],
};

/** The sentence of a fault. @param {string} text */
function sentence(text) {
  const parts = splitFault(text);
  const slots = slotsOf(parts, KNOWN);
  const values = valuesOf(parts, KNOWN);
  const rest = restOf(parts, slots);
  return [
    wordOf(parts.word)?.says ?? parts.word,
    values ? ` ${values.choices[values.taken].says}` : "",
    ...slots.map((slot) => slot.before + taken(slot, parts).says),
    rest.length > 0 ? `, with ${rest.join(", ")}` : "",
    ".",
  ].join("").replaceAll("\u00a0", " ");
}

test("a canonical text is taken apart and put together as it was", () => {
  for (const text of [
    "cut",
    "cut,half,after=3,attempt=1..2,stream=/prices",
    'status=503,body="a,b \\"c\\" \\\\",retry-after=1',
    'silence,after="[DONE]"',
    'insert=a "quoted" word,after=3',
    'comment=""',
    "type=none",
  ]) {
    assert.equal(joinFault(splitFault(text)), text);
  }
  assert.deepEqual(splitFault('cut,half,after="a,\\"b"'), {
    word: "cut",
    value: null,
    keys: [["half", null], ["after", '"a,\\"b"']],
  });
  assert.equal(splitFault("").word, "");
});

test("a value is in quotes where it would be read as something else", () => {
  for (const [text, value] of [
    ["/numbers", "/numbers"],
    ["/a,b", '"/a,b"'],
    [" a", '" a"'],
    ['"a', '"\\"a"'],
    ["", '""'],
    ['a "b"', 'a "b"'],
  ]) {
    assert.equal(spelled(text), value);
    assert.equal(meant(value), text);
  }
});

test("a fault reads as a sentence, whatever it says", () => {
  const always = "for any stream, any client, every time, until it is healed.";
  for (const [text, words] of [
    [
      "cut,after=3",
      "Cut the stream after 3 events, between two events, for any stream, any client, " +
        "every time, until it is healed.",
    ],
    [
      "cut,half,after=10s,attempt=1..2,stream=/numbers,client=t1,for=5s",
      "Cut the stream after 10 s, in the middle of the next event, for /numbers, client t1, " +
        "on requests 1 to 2 of each client, for 5 s.",
    ],
    [
      "status=503,retry-after=2,times=1",
      "Answer with status 503 from now on, for any stream, any client, the next time only, " +
        "until it is healed, with retry-after=2.",
    ],
    ["refuse,for=5s", "Do not listen at all, for 5 s."],
    ["profile=gzip", "Play the profile gzip, for any stream, any client, every time."],
    ["profile=deploy", "Play the profile deploy."],
    ['profile="a, storm",start=2s', "Play the profile a, storm, with start=2s."],
    [
      'silence,after="[DONE]",p=0.25,room=w3',
      "Send nothing after “[DONE]”, for any stream, any client, with a chance of 0.25, " +
        "until it is healed, with room=w3.",
    ],
    ["skip", `Skip the next event at once, ${always}`],
    ["new-word", `new-word at once, ${always}`],
  ]) {
    assert.equal(sentence(text), words);
  }
});

test("another choice changes its word and nothing else", () => {
  const parts = splitFault("cut,half,after=3,stream=/numbers");
  const slot = (name) => slotsOf(parts, KNOWN).find((one) => one.name === name);
  const chosen = (name, says) =>
    joinFault(withChoice(parts, slot(name), slot(name).choices.find((one) => one.says === says)));
  assert.equal(chosen("stream", "any stream"), "cut,half,after=3");
  assert.equal(chosen("stream", "/a,b"), 'cut,half,after=3,stream="/a,b"');
  assert.equal(chosen("often", "the next time only"), "cut,half,after=3,stream=/numbers,times=1");
  assert.equal(chosen("when", "when idle for 60\u00a0s"), "cut,half,stream=/numbers,idle=60s");
});

test("another word keeps what it takes, and brings what it needs", () => {
  const to = (text, word) => joinFault(withWord(splitFault(text), wordOf(word), KNOWN));
  assert.equal(to("cut,half,after=3,stream=/a", "silence"), "silence,after=3,stream=/a");
  assert.equal(to("cut,half,after=3,stream=/a", "status"), "status=503,stream=/a");
  assert.equal(to("cut,after=5s", "status"), "status=503,after=5s");
  assert.equal(to("cut,after=3,stream=/numbers,for=9s", "refuse"), "refuse,for=9s");
  assert.equal(to("cut", "refuse"), "refuse,for=5s");
  assert.equal(to("cut,stream=/numbers,client=t1,room=w3,attempt=1", "profile"), "profile=deploy");
  const gzip = { ...wordOf("profile"), values: [["gzip"]] };
  const toGzip = (text) => joinFault(withWord(splitFault(text), gzip, KNOWN));
  assert.equal(toGzip("cut,after=3,room=w3,times=2,attempt=1"), "profile=gzip,room=w3,attempt=1");
  assert.equal(to("status=503,retry-after=2", "cut"), "cut");
});

/** The server refuses it, because nobody has said who they are. */
test("a profile that is for everyone is not for some", () => {
  const to = (text, value) => joinFault(withValue(splitFault(text), value, KNOWN));
  const some = "profile=gzip,start=2s,attempt=1,p=0.5,stream=/numbers,client=t1,room=w3";
  for (const name of ["deploy", '"a, storm"']) {
    assert.equal(to(some, name), `profile=${name},start=2s`);
    assert.deepEqual(slotsOf(splitFault(`profile=${name}`), KNOWN), []);
  }
  assert.equal(to("profile=deploy,start=2s", "gzip"), "profile=gzip,start=2s");
  assert.equal(to("profile=gzip,stream=/numbers", "gzip"), "profile=gzip,stream=/numbers");
  assert.equal(to("status=503,stream=/numbers", "404"), "status=404,stream=/numbers");
  const names = slotsOf(splitFault("profile=gzip"), KNOWN).map(({ name }) => name);
  assert.deepEqual(names, ["stream", "client", "often"]);
});

test("every word of the list says what it does, once", () => {
  const words = GROUPS.flatMap(([, group]) => group);
  assert.equal(new Set(words.map(({ word }) => word)).size, words.length);
  assert.equal(new Set(words.map(({ says }) => says)).size, words.length);
  for (const [fault] of FIRST_FAULTS) assert.ok(wordOf(splitFault(fault).word));
  assert.ok(canAct("cut") && canAct("profile") && !canAct("status") && !canAct("forget"));
});

const ARMED = {
  id: 3,
  fault: "cut",
  room: null,
  stream: null,
  client: null,
  from: "hand",
  armed_ms: 0,
  begins_in_ms: 0,
  fired: 0,
  last: null,
  left_ms: null,
  tries: null,
};

test("what strikes whoever connects counts down, and says who came", () => {
  const knock = { ...ARMED, fault: "knock,for=60s", left_ms: 42_100 };
  assert.equal(portFaultWords(knock, 0), "Resets new connections, 43 s left");
  assert.equal(
    portFaultWords({ ...knock, tries: "9 tries, every 0.5 s, no back-off" }, 41_000),
    "Resets new connections, 9 tries, every 0.5 s, no back-off, 2 s left",
  );
  const refuse = { ...knock, fault: "refuse,for=60s" };
  assert.equal(portFaultWords(refuse, 100), "Refuses connections, 42 s left");
  // over, not begun yet, and no such fault
  assert.equal(portFaultWords(refuse, 42_100), "");
  assert.equal(portFaultWords({ ...refuse, begins_in_ms: 500 }, 499), "");
  assert.notEqual(portFaultWords({ ...refuse, begins_in_ms: 500 }, 500), "");
  assert.equal(portFaultWords({ ...ARMED, left_ms: 5000 }, 0), "");
});

test("what is armed says for whom, how often it struck, and when it ends", () => {
  assert.equal(whomWords(ARMED), "everyone");
  assert.equal(
    whomWords({ ...ARMED, stream: "/a", client: "t1", room: "w3" }),
    "/a, client t1, room w3",
  );
  assert.deepEqual(
    [0, 1, 1200].map((fired) => struckWords({ ...ARMED, fired })),
    ["not yet", "once", "1,200 times"],
  );
  const last = { at_ms: 10_000, stream: "/a", client: "t1", connection: 7 };
  const words = (strike, now) => lastWords({ ...ARMED, last: { ...last, ...strike } }, now);
  assert.equal(lastWords(ARMED, 10_000), "");
  assert.equal(words({}, 13_900), "last 3 s ago: /a, client t1");
  assert.equal(words({ client: null }, 69_999), "last 59 s ago: /a, #7");
  assert.equal(words({}, 190_000), "last 3 min ago: /a, client t1");
  assert.equal(words({}, 7_300_000), "last 2 h ago: /a, client t1");
  // nobody has said who they are, and the clock was set back
  const nobody = { stream: null, client: null, connection: null };
  assert.equal(words(nobody, 9000), "last 0 s ago");
  assert.deepEqual(endsWords(ARMED, 0), { words: "when healed", left: null });
  const ends = (fault, passed) => endsWords({ ...ARMED, ...fault }, passed);
  assert.deepEqual(ends({ left_ms: 45_000 }, 500), { words: "in 45 s", left: 44_500 });
  assert.deepEqual(ends({ left_ms: 300 }, 500), { words: "in 0 s", left: 0 });
  assert.equal(ends({ left_ms: 90_000 }, 0).words, "in 1 min 30 s");
  assert.equal(ends({ begins_in_ms: 2000, left_ms: 7000 }, 900).words, "begins in 2 s");
  assert.deepEqual([1, 3].map(armedWords), ["1 fault armed", "3 faults armed"]);
});

test("a fault that was read says what it arms", () => {
  assert.equal(
    checkedWords({ fault: "cut", faults: ["cut"] }),
    "Strikes requests that begin from then on.",
  );
  assert.equal(
    checkedWords({ fault: "profile=a", faults: ["cut", "bom"] }),
    "Arms 2 faults: cut and bom.",
  );
});

test("a row names the faults that struck it, and the one that ended it", () => {
  const struck = (...ids) => ids.map((id) => ({ id, fault: "cut" }));
  assert.deepEqual([struck(), struck(3), struck(3, 5)].map(flagWords), ["", "3", "5 +1"]);
  const ended = { by: "server", why: "fault", fault: 3, complete: false, at_ms: 0 };
  const cut = { state: "ended", status: 200, origin: null, ended };
  assert.equal(fateWords(cut), "by fault 3");
  assert.equal(fateWords({ ...cut, state: "refused", status: 503 }), "refused (503): fault 3");
  assert.match(endWords(cut), /^ended by fault 3 at /);
});

test("several connections are broken together, and named only where words can", () => {
  const row = (id, client, state) => ({
    id,
    stream: "/a",
    client,
    room: null,
    state,
    faults: [{ id: 10 * id, fault: "cut" }], folded_faults: [],
  });
  const two = ofRows([row(1, "x", "ended"), row(2, "y", "open")]);
  assert.deepEqual(two, {
    name: "#1,#2",
    stream: "/a",
    client: null,
    room: null,
    connections: [1, 2],
    isOpen: true,
    struck: [10, 20],
    steps: [],
  });
  // others have the same stream, and are not meant
  assert.ok(!canBeNamed(two));
  assert.ok(canBeNamed(ofRow(row(1, null, "open"))) && canBeNamed(ofStream("/a", 2)));
});

test("what was done to a connection or a stream can be undone there", () => {
  const faults = [{ id: 1, fault: "cut" }];
  const row = {
    id: 7, stream: "/a,b", client: "t1", room: null, state: "open", faults, folded_faults: [],
  };
  const target = ofRow(row);
  assert.ok(target.isOpen && !ofRow({ ...row, state: "ended" }).isOpen);
  assert.equal(
    answeredNext(target, "status=503"),
    'status=503,times=1,stream="/a,b",client=t1',
  );
  const all = [1, 2, 3].map((id) => ({ ...ARMED, id, stream: id === 3 ? "/a,b" : null }));
  const ids = (faults) => faults.map(({ id }) => id);
  const own = new Map([[2, target]]);
  assert.deepEqual(ids(armedHere(all, target, own)), [1, 2]);
  assert.deepEqual(ids(armedHere(all, ofStream("/a,b", 2), new Map())), [3]);
  // what was done in the lane is undone in the row, and the other way round
  const lane = ofLane({ stream: "/a,b", client: "t1", open: [6, 7], struck: [] });
  assert.deepEqual(ids(armedHere(all, lane, own)), [2]);
  assert.deepEqual(ids(armedHere(all, ofRow({ ...row, id: 8, faults: [] }), own)), []);
});

test("a step says which event it sends, where that is one", async () => {
  const row = (id, step) => ({
    id, stream: "/a", client: null, room: null, state: "open", faults: [], folded_faults: [], step,
  });
  const words = (...rows) => stepWords(ofRows(rows).steps);
  assert.equal(words(row(1, null)), "Step");
  assert.deepEqual(ofRow(row(1, null)).steps, []);
  assert.equal(words(row(1, { event: 3 })), "Step: event 3");
  assert.equal(words(row(1, { event: 3 }), row(2, null), row(3, { event: 3 })), "Step: event 3");
  assert.equal(words(row(1, { event: 3 }), row(2, { event: 4 })), "Step");
  assert.equal(words(row(1, { event: null })), "Step: to the end");
  assert.deepEqual(ofStream("/a", 1).steps, []);

  const asked = [];
  const deeds = new Deeds({ breakOpen: async (wish) => asked.push(wish) }, { get: () => [] });
  await deeds.step(ofRow(row(7, { event: 3 })));
  await deeds.step(ofStream("/a", 2, [3]));
  assert.deepEqual(asked, [{ do: "step", connections: [7] }, { do: "step", stream: "/a" }]);
});

test("the menu undoes first, and offers only what can be done", () => {
  const lane = ofLane({ stream: "/a", client: null, open: [], struck: [3] });
  const choices = (target, armed) =>
    menuActs(target, armed).filter(({ disabled }) => !disabled).map(({ id }) => id);
  assert.deepEqual(choices(lane, [{ ...ARMED, id: 3, fault: "hang" }]), [
    "undo", "next status=503", "next status=429,retry-after=2", "next status=204", "other",
  ]);
  assert.equal(menuActs(lane, [{ ...ARMED, id: 3, fault: "hang" }])[0].note, "fault 3: hang");
  const open = ofLane({ stream: "/a", client: "t1", open: [4], struck: [] });
  assert.deepEqual(choices(open, []).slice(0, 2), ["now cut", "now cut,half"]);
});

test("who breaks and undoes remembers what was armed for whom", async () => {
  const asked = [];
  const host = {
    breakOpen: async (wish) => (asked.push(wish), { ids: [5] }),
    arm: async (fault) => (asked.push(fault), { ids: [6] }),
    heal: async (id) => asked.push(id),
  };
  const faults = [5, 6].map((id) => ({ ...ARMED, id }));
  const deeds = new Deeds(host, { get: () => faults });
  const lane = ofLane({ stream: "/a", client: "t1", open: [4], struck: [] });
  assert.deepEqual(deeds.armed(lane), []);
  await deeds.strike(lane, "hang");
  await deeds.answerNext(lane, "status=503");
  await deeds.undo(lane);
  assert.deepEqual(asked, [
    { do: "hang", connections: [4] }, "status=503,times=1,stream=/a,client=t1", 5, 6,
  ]);
  const closed = { ...lane, isOpen: false };
  await assert.rejects(deeds.strike(closed, "hang"), /Nothing is open here/);
});
