import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { load } from "./ui.mjs";

const { Poll } = await load("parts/poll.js");

test("it sends four requests a second, one at a time, however often it is nudged", async () => {
  /** @type {number[]} */
  const asked = [];
  let [looks, under, most] = [true, 0, 0];
  const poll = new Poll({
    ask: () => {
      if (!looks) return null;
      asked.push(performance.now());
      most = Math.max(most, (under += 1));
      return pause(40).then(() => ((under -= 1), asked.length));
    },
    answered: () => {},
    failed: assert.fail,
  });
  for (let i = 0; i < 60; i += 1) {
    poll.nudge();
    await pause(15);
  }
  looks = false;
  const count = asked.length;
  assert.ok(count >= 3 && count <= 5, `${count} questions in 0.9 s`);
  // a late timer is not made up for, and one may be a millisecond early
  for (let i = 1; i < count; i += 1) {
    assert.ok(asked[i] - asked[0] > 250 * i - 3, `number ${i} after ${asked[i] - asked[0]} ms`);
  }
  assert.equal(most, 1);
  poll.nudge();
  await pause(300);
  assert.equal(asked.length, count, "nobody looks, so it asks nothing");
});

test("all that is in view is asked for on one beat", async () => {
  let looks = true;
  const asked = [[], []];
  const polls = asked.map((times) => new Poll({
    ask: () => (looks ? (times.push(performance.now()), Promise.resolve(times.length)) : null),
    answered: () => {},
    failed: assert.fail,
  }));
  polls[0].nudge();
  await pause(110);
  polls[1].nudge();
  await pause(1200);
  looks = false;
  // the first one was made at once, and the last one may be alone
  const others = asked[1].slice(1, -1);
  assert.ok(others.length >= 2);
  for (const other of others) {
    const apart = Math.min(...asked[0].map((one) => Math.abs(one - other)));
    assert.ok(apart < 60, `${apart} ms between the two`);
  }
});

test("it continues after a failure, and slows down while the answers are the same", async () => {
  let [looks, asked, failed] = [true, 0, 0];
  const poll = new Poll({
    ask: () => {
      if (!looks) return null;
      asked += 1;
      return asked === 1 ? Promise.reject(new Error("no answer")) : Promise.resolve("the same");
    },
    answered: () => {},
    failed: () => (failed += 1),
  });
  poll.nudge();
  await pause(100);
  assert.deepEqual([asked, failed], [1, 1]);
  await pause(1800);
  looks = false;
  // at 1 s it hears something new, at 1.25 s the same again, so the next one is at 2.25 s
  assert.equal(asked, 3);
  poll.nudge();
});

test("after a wait without a request it polls again by itself, once", async () => {
  /** @type {(Promise<string> | number | null)[]} */
  const answers = [120, 100, Promise.resolve("there"), null];
  const asked = [];
  const answered = [];
  const poll = new Poll({
    ask: () => (asked.push(performance.now()), answers.shift() ?? null),
    answered: (answer) => answered.push(answer),
    failed: assert.fail,
  });
  poll.nudge();
  await pause(60);
  // a nudge sends a request, and replaces the wait
  poll.nudge();
  await pause(140);
  assert.deepEqual([asked.length, answered], [3, ["there"]]);
  assert.ok(asked[2] - asked[1] > 97, `${asked[2] - asked[1]} ms apart`);
  // on the beat, which may be almost two away
  await pause(700);
  assert.equal(asked.length, 4);
});

test("with a short calm time it does not slow down", async () => {
  let asked = 0;
  const poll = new Poll(
    {
      ask: () => (asked < 4 ? Promise.resolve(((asked += 1), "the same")) : null),
      answered: () => {},
      failed: assert.fail,
    },
    { calmMs: 250 },
  );
  poll.nudge();
  await pause(1500);
  assert.equal(asked, 4);
});
