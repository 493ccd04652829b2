"""Lets the SDKs of PyPI read streams of examples/llm.toml that are broken on purpose, and prints what
each did, as the table of docs/LLM.md.

usage: sdks.py http://localhost:8000
"""

import json
import pathlib
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx
import openai

FAULTS = pathlib.Path(__file__).with_name("faults.txt").read_text().splitlines()
STREAMS = pathlib.Path(__file__).parents[4] / "examples/llm.toml"
MESSAGES = [{"role": "user", "content": "hi"}]
# No SDK has to wait for longer where nothing comes.
TIMEOUT = 2

server = sys.argv[1]


def read_chat(room, text):
    """Adds the pieces to `text`; the result is the reason for the end."""
    client = openai.OpenAI(base_url=f"{room}/v1", api_key="none", timeout=TIMEOUT)
    reason = None
    for chunk in client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
        for choice in chunk.choices:
            text.append(choice.delta.content or "")
            reason = choice.finish_reason or reason
    return reason


def read_responses(room, text):
    """The same."""
    client = openai.OpenAI(base_url=f"{room}/v1", api_key="none", timeout=TIMEOUT)
    with client.responses.stream(model="m", input="hi") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                text.append(event.delta)
        return stream.get_final_response().status


def read_messages(room, text):
    """The same."""
    client = anthropic.Anthropic(base_url=room, api_key="none", timeout=TIMEOUT)
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
        streams = re.sub(r'(every|jitter|after) = "\w+"', r'\1 = "3ms"', STREAMS.read_text())
        done(self.api.put(f"/rooms/{name}/streams", content=streams))
        self.whole = None

    def what(self, read, fault):
        """What an SDK did with its stream, in words."""
        seq = done(self.api.post("/reset")).json()["seq"]
        if fault != "none":
            done(self.api.post("/faults", json={"fault": fault, "room": self.name}))
        pieces = []
        try:
            end = f"ended with `{read(self.url, pieces)}`"
        except Exception as error:  # which one is the question
            kind = type(error)
            end = f"`{kind.__module__}.{kind.__qualname__}`".replace("builtins.", "")
        text = "".join(pieces)
        self.whole = self.whole or text
        assert self.whole.startswith(text), text
        much = "whole text" if text == self.whole else f"{len(text)} of {len(self.whole)}"
        return f"{self.pauses(seq)}{much}, {end}"

    def pauses(self, seq):
        """How long the SDK waited before each request but its first, in words."""
        log = done(self.api.get("/log", params={"after": seq})).text.splitlines()
        returned = [entry for entry in map(json.loads, log) if entry["kind"] == "returned"]
        away = [entry["verdict"]["away_ms"] for entry in returned]
        return f"{away} " if away else ""


def column(read):
    room = Room(read.__name__.replace("_", "-"))
    return [room.what(read, fault) for fault in FAULTS]


reads = [read_chat, read_responses, read_messages]
with ThreadPoolExecutor(len(reads)) as pool:
    columns = list(pool.map(column, reads))
names = [
    f"`openai` {openai.__version__}, chat",
    "`openai`, responses",
    f"`anthropic` {anthropic.__version__}",
]
print(f"| fault | {' | '.join(names)} |")
print("|---|---|---|---|")
for fault, *cells in zip(FAULTS, *columns):
    shown = f"`{fault}`" if fault != "none" else fault
    print(f"| {shown} | {' | '.join(cells)} |")
