"""Lets the SDKs of PyPI read streams of examples/llm.toml that are broken on purpose, and prints what
each did, as the table of docs/LLM.md.

usage: sdks.py http://localhost:8000 [http://localhost:8001]

With a second server, that one serves the streams, and the first one breaks them on their way.
"""

import json
import pathlib
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx
import openai

# One a line, as in the table. What begins with a slash is a base with streams that are broken.
ROWS = pathlib.Path(__file__).with_name("faults.txt").read_text().splitlines()
STREAMS = pathlib.Path(__file__).parents[4] / "examples/llm.toml"
MESSAGES = [{"role": "user", "content": "hi"}]
# How long an SDK waits where nothing comes, in seconds, and elsewhere.
SILENCE, TIMEOUT = 2, 60

server = sys.argv[1]
upstream = sys.argv[2] if len(sys.argv) > 2 else None


def read_chat(base, timeout, text):
    """Adds the pieces to `text`; the result is the reason for the end."""
    client = openai.OpenAI(base_url=f"{base}/v1", api_key="none", timeout=timeout)
    reason = None
    for chunk in client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
        for choice in chunk.choices:
            text.append(choice.delta.content or "")
            reason = choice.finish_reason or reason
    return reason


def read_responses(base, timeout, text):
    """The same."""
    client = openai.OpenAI(base_url=f"{base}/v1", api_key="none", timeout=timeout)
    with client.responses.stream(model="m", input="hi") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                text.append(event.delta)
        return stream.get_final_response().status


def read_messages(base, timeout, text):
    """The same."""
    client = anthropic.Anthropic(base_url=base, api_key="none", timeout=timeout)
    with client.messages.stream(model="m", max_tokens=9, messages=MESSAGES) as stream:
        text.extend(stream.text_stream)
        return stream.get_final_message().stop_reason


def done(answer):
    """The answer of the API, or the reason why there is none."""
    assert answer.is_success, answer.text
    return answer


class Room:
    """The streams for one SDK, as they are in the file but faster."""

    def __init__(self, name):
        self.url = f"{server}/@{name}"
        self.name = name
        self.api = httpx.Client(base_url=f"{server}/api", params={"room": name}, timeout=20)
        if upstream:
            done(self.api.post("/upstreams", json={"room": name, "url": upstream}))
        else:
            streams = re.sub(r'(every|jitter|after) = "\w+"', r'\1 = "3ms"', STREAMS.read_text())
            done(self.api.put(f"/rooms/{name}/streams", content=streams))
        self.whole = None

    def what(self, read, row):
        """What an SDK did with its stream, in words."""
        seq = done(self.api.post("/reset")).json()["seq"]
        base = self.url
        if row.startswith("/"):
            base += row
        elif row != "none":
            done(self.api.post("/faults", json={"fault": row, "room": self.name}))
        pieces = []
        try:
            timeout = SILENCE if row.startswith("silence") else TIMEOUT
            end = f"`{read(base, timeout, pieces)}`"
        except Exception as error:  # which one is the question
            kind = type(error)
            end = f"raised `{kind.__module__}.{kind.__qualname__}`".replace("builtins.", "")
        text = "".join(pieces)
        self.whole = self.whole or text
        assert self.whole.startswith(text), text
        much = "whole" if text == self.whole else f"{len(text)} of {len(self.whole)}"
        return f"{self.pauses(seq, row)}{much}, {end}"

    def pauses(self, seq, row):
        """How long the SDK waited before each request but its first, in words."""
        log = done(self.api.get("/log", params={"after": seq})).text.splitlines()
        returned = [entry for entry in map(json.loads, log) if entry["kind"] == "returned"]
        away = [entry["verdict"]["away_ms"] for entry in returned]
        pauses = " and ".join(words(ms, row) for ms in away)
        return f"again after {pauses}: " if away else ""


def words(ms, row):
    """A pause; a busy machine makes it longer, and never shorter."""
    if "retry-after=1" in row:
        return "1 s" if 1000 <= ms < 5000 else f"{ms} ms"
    return "0.5 s" if ms < 1900 else "2 s" if 2000 <= ms < 5000 else f"{ms} ms"


def column(read):
    """What one SDK did with each row."""
    room = Room(read.__name__.replace("_", "-"))
    return [room.what(read, row) for row in ROWS]


reads = [read_chat, read_responses, read_messages]
with ThreadPoolExecutor(len(reads)) as pool:
    columns = list(pool.map(column, reads))
names = [
    f"`openai` {openai.__version__}, chat",
    "the same, responses",
    f"`anthropic` {anthropic.__version__}",
]
print(f"| fault | {' | '.join(names)} |")
print("|---|---|---|---|")
for row, *cells in zip(ROWS, *columns):
    shown = f"`{row}`" if row != "none" else row
    print(f"| {shown} | {' | '.join(cells)} |")
