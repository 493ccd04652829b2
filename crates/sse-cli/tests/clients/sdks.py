"""Lets two SDKs read streams that are broken on purpose, and prints what each did, as the table of
docs/TESTING.md.

usage: sdks.py http://localhost:8000
"""

import json
import pathlib
import sys

import anthropic
import httpx
import openai

TEXT = "Grüße, 豆 🫘"
FAULTS = [
    None,
    "drop=[DONE]",
    "drop=message_stop",
    "end,after=3",
    "cut,after=2",
    "cut,after=3",
    "status=429,retry-after=1,attempt=1",
    "split=utf8",
    "bom",
]
MESSAGES = [{"role": "user", "content": "hi"}]

server = sys.argv[1]
room = f"{server}/@x"
api = httpx.Client(base_url=f"{server}/api", params={"room": "x"}, timeout=20)


def done(answer):
    """The answer of the API, or the reason why there is none."""
    assert answer.is_success, answer.text
    return answer


def read_openai(text):
    """Adds the pieces to `text`; the result is the reason for the end."""
    client = openai.OpenAI(base_url=f"{room}/v1", api_key="none")
    reason = None
    for chunk in client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
        for choice in chunk.choices:
            text.append(choice.delta.content or "")
            reason = choice.finish_reason or reason
    return reason


def read_anthropic(text):
    """The same."""
    client = anthropic.Anthropic(base_url=room, api_key="none")
    with client.messages.stream(model="m", max_tokens=9, messages=MESSAGES) as stream:
        text.extend(stream.text_stream)
        return stream.get_final_message().stop_reason


def pause(seq):
    """How long the SDK waited before each request but its first, in words."""
    log = done(api.get("/log", params={"after": seq})).text.splitlines()
    returned = [entry for entry in map(json.loads, log) if entry["kind"] == "returned"]
    away = [entry["verdict"]["away_ms"] for entry in returned]
    # A busy machine makes a second longer, and never shorter.
    times = ["1 s" if 1000 <= ms < 5000 else f"{ms} ms" for ms in away]
    return "".join(f"asked again after {time}: " for time in times)


def what(read, fault):
    """What an SDK did with its stream, in words."""
    seq = done(api.post("/reset")).json()["seq"]
    if fault:
        done(api.post("/faults", json={"fault": fault, "room": "x"}))
    pieces = []
    try:
        end = f"ended with `{read(pieces)}`"
    except Exception as error:  # which one is the question
        kind = type(error)
        end = f"`{kind.__module__}.{kind.__qualname__}`".replace("builtins.", "")
    text = "".join(pieces)
    assert TEXT.startswith(text), text
    much = "whole text" if text == TEXT else f"{len(text)} of {len(TEXT)} characters"
    return f"{pause(seq)}{much}, {end}"


streams = pathlib.Path(__file__).with_name("answers.toml").read_bytes()
done(api.put("/rooms/x/streams", content=streams))
print(f"| fault | `openai` {openai.__version__} | `anthropic` {anthropic.__version__} |")
print("|---|---|---|")
for fault in FAULTS:
    name = f"`{fault}`" if fault else "none"
    print(f"| {name} | {what(read_openai, fault)} | {what(read_anthropic, fault)} |")
