// Decodes a file with eventsource-parser, again and again, and prints what it took as JSON.
// usage: node decode.mjs FILE PIECE SECONDS

import { readFileSync } from "node:fs";
import { createParser } from "eventsource-parser";

const [file, size, seconds] = process.argv.slice(2);
const bytes = readFileSync(file);
const pieces = [];
for (let at = 0; at < bytes.length; at += Number(size)) {
  pieces.push(bytes.subarray(at, at + Number(size)));
}

// Reads the file this long, in whole passes. The time is the CPU time of this process.
function decode(seconds) {
  const seen = { passes: 0, seconds: 0, events: 0, length: 0 };
  const onEvent = ({ data }) => {
    seen.events += 1;
    seen.length += data.length;
  };
  const begun = process.cpuUsage();
  while (seen.seconds < seconds) {
    const parser = createParser({ onEvent });
    const text = new TextDecoder();
    for (const piece of pieces) parser.feed(text.decode(piece, { stream: true }));
    const { user, system } = process.cpuUsage(begun);
    seen.seconds = (user + system) / 1e6;
    seen.passes += 1;
  }
  return seen;
}

decode(seconds / 4);
console.log(JSON.stringify(decode(Number(seconds))));
