"""Lets two SDKs read the streams of texts.toml, and prints what each of them joined, in JSON: by the
path of the stream, the text and below it a line for each call of a tool.

usage: texts.py http://localhost:8000 [FAULT]
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx2
import openai

MESSAGES = [{"role": "user", "content": "hi"}]

server = sys.argv[1]
query = {"fault": fault for fault in sys.argv[2:]}


class Joined:
    """What came of an answer so far."""

    def __init__(self):
        self.text = ""
        self.calls = {}

    def call(self, place, name, arguments):
        """A piece of a call."""
        call = self.calls.setdefault(place, ["", ""])
        call[0] += name or ""
        call[1] += arguments or ""

    def __str__(self):
        calls = (f"\n{name}({arguments})" for name, arguments in self.calls.values())
        return self.text + "".join(calls)


def chat(client, answer):
    """OpenAI's chat completions."""
    for chunk in client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
        for choice in chunk.choices:
            answer.text += (choice.delta.content or "") + (choice.delta.refusal or "")
            for call in choice.delta.tool_calls or []:
                answer.call(call.index, call.function.name, call.function.arguments)


def responses(client, answer):
    """OpenAI's responses."""
    with client.responses.stream(model="m", input="hi") as stream:
        for event in stream:
            match event.type:
                case "response.output_text.delta" | "response.refusal.delta":
                    answer.text += event.delta
                case "response.output_item.added" if event.item.type == "function_call":
                    answer.call(event.output_index, event.item.name, event.item.arguments)
                case "response.function_call_arguments.delta":
                    answer.call(event.output_index, None, event.delta)
        # The SDK joins the pieces, too.
        whole = stream.get_final_response()
    assert whole.output_text in ("", answer.text), whole


def messages(client, answer):
    """Anthropic's messages."""
    with client.messages.stream(model="m", max_tokens=9, messages=MESSAGES) as stream:
        for event in stream:
            match event.type:
                case "text":
                    answer.text += event.text
                case "content_block_start" if event.content_block.type == "tool_use":
                    answer.call(event.index, event.content_block.name, None)
                case "content_block_delta" if event.delta.type == "input_json_delta":
                    answer.call(event.index, None, event.delta.partial_json)
    # The SDK joins the pieces, too.
    whole = stream.get_final_message()
    texts = (block.text for block in whole.content if block.type == "text")
    assert "".join(texts) == answer.text, whole


def read(stream):
    """Reads one stream, as far as it goes: its path, and what was joined."""
    path, ask, client = stream
    answer = Joined()
    try:
        ask(client, answer)
    except (openai.APIConnectionError, httpx2.RemoteProtocolError):
        # It was cut: what came until then counts.
        pass
    return path, str(answer)


streams = []
for kind in ["text", "refusal", "tool"]:
    base = f"{server}/{kind}"
    client = openai.OpenAI(base_url=base, api_key="none", default_query=query)
    streams.append((f"/{kind}/chat/completions", chat, client))
    streams.append((f"/{kind}/responses", responses, client))
    if kind != "refusal":
        client = anthropic.Anthropic(base_url=base, api_key="none", default_query=query)
        streams.append((f"/{kind}/v1/messages", messages, client))
with ThreadPoolExecutor(len(streams)) as pool:
    print(json.dumps(dict(pool.map(read, streams))))
