"""Decodes a file with httpx-sse, again and again, and prints what it took as JSON.

usage: python decode.py FILE PIECE SECONDS
"""

import json
import sys
import time

import httpx
from httpx_sse import EventSource

file, size, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
with open(file, "rb") as opened:
    stream = opened.read()
pieces = [stream[at : at + size] for at in range(0, len(stream), size)]


class Pieces(httpx.SyncByteStream):
    def __iter__(self):
        return iter(pieces)


def decode(seconds):
    """Reads the file this long, in whole passes. The time is the CPU time of this process."""
    seen = {"passes": 0, "seconds": 0.0, "events": 0, "length": 0}
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    begun = time.process_time()
    while seen["seconds"] < seconds:
        events = length = 0
        for event in EventSource(httpx.Response(200, headers=headers, stream=Pieces())).iter_sse():
            events += 1
            length += len(event.data)
        seen["events"] += events
        seen["length"] += length
        seen["passes"] += 1
        seen["seconds"] = time.process_time() - begun
    return seen


decode(seconds / 4)
print(json.dumps(decode(seconds)))
