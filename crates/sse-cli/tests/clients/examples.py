"""Lets the SDKs of PyPI read the streams of examples/llm.toml in each way that they have, and prints
what each made of them, in JSON: for each read, the path of the stream, how it was read, the text,
the calls of tools, and the reason for the end. Where an SDK calls tools by itself, that is of the
second turn.

usage: examples.py http://localhost:8000 [first]

With `first` the second turns are left out: a recording has one answer for each path.
"""

import asyncio
import json
import sys

import anthropic
import openai

MESSAGES = [{"role": "user", "content": "hi"}]
WHOLE = {"model": "m", "messages": MESSAGES}
# As any program would, and its schema as each API wants it.
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
WEATHER = {"name": "get_weather", "parameters": SCHEMA, "strict": True}
CHAT = {**WHOLE, "tools": [{"type": "function", "function": WEATHER}]}
RESPONSES = {"model": "m", "input": "hi", "tools": [{"type": "function", **WEATHER}]}
TOOL = {"name": "get_weather", "input_schema": SCHEMA}
MESSAGE = {**WHOLE, "max_tokens": 99, "tools": [TOOL]}


def of_message(message):
    """The answer in a message of OpenAI's chat completions."""
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return message.content or "", calls


def of_blocks(message):
    """The answer in a message of Anthropic."""
    text = "".join(block.text for block in message.content if block.type == "text")
    tools = [block for block in message.content if block.type == "tool_use"]
    return text, [(tool.name, tool.input) for tool in tools], message.stop_reason


def of_items(response):
    """The answer in a response of OpenAI."""
    items = [item for item in response.output if item.type == "function_call"]
    calls = [(item.name, item.arguments) for item in items]
    return response.output_text, calls, response.status


class Chunks:
    """What came of a chat completion so far, joined by hand."""

    def __init__(self):
        self.text, self.calls, self.end = "", {}, None

    def add(self, chunk):
        """A chunk; the one with the usage has no choices."""
        for choice in chunk.choices:
            self.text += choice.delta.content or ""
            self.end = choice.finish_reason or self.end
            for call in choice.delta.tool_calls or []:
                name, arguments = self.calls.setdefault(call.index, ("", ""))
                name += call.function.name or ""
                self.calls[call.index] = name, arguments + (call.function.arguments or "")

    def answer(self):
        """As the others are."""
        return self.text, list(self.calls.values()), self.end


async def chat_by_chunks(base):
    joined = Chunks()
    with openai.OpenAI(base_url=f"{base}/v1", api_key="none") as client:
        for chunk in client.chat.completions.create(**CHAT, stream=True):
            joined.add(chunk)
    return joined.answer()


async def chat_by_chunks_async(base):
    joined = Chunks()
    async with openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="none") as client:
        async for chunk in await client.chat.completions.create(**CHAT, stream=True):
            joined.add(chunk)
    return joined.answer()


async def chat_by_helper(base):
    async with openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="none") as client:
        async with client.chat.completions.stream(**CHAT) as stream:
            whole = await stream.get_final_completion()
    choice = whole.choices[0]
    assert whole.usage.total_tokens > 12, whole
    return *of_message(choice.message), choice.finish_reason


async def responses_by_events(base):
    text = ""
    with openai.OpenAI(base_url=f"{base}/v1", api_key="none") as client:
        for event in client.responses.create(**RESPONSES, stream=True):
            if event.type == "response.output_text.delta":
                text += event.delta
    answer = of_items(event.response)
    assert answer[0] == text, text
    return answer


async def responses_by_helper(base):
    async with openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="none") as client:
        async with client.responses.stream(**RESPONSES) as stream:
            return of_items(await stream.get_final_response())


async def messages_by_helper(base):
    with anthropic.Anthropic(base_url=base, api_key="none") as client:
        with client.messages.stream(**MESSAGE) as stream:
            text = "".join(stream.text_stream)
            message = stream.get_final_message()
    assert of_blocks(message)[0] == text, text
    assert message.usage.output_tokens > 1, message
    return of_blocks(message)


async def messages_by_helper_async(base):
    async with anthropic.AsyncAnthropic(base_url=base, api_key="none") as client:
        async with client.messages.stream(**MESSAGE) as stream:
            return of_blocks(await stream.get_final_message())


async def messages_by_events(base):
    text, calls, end = "", {}, None
    with anthropic.Anthropic(base_url=base, api_key="none") as client:
        for event in client.messages.create(**MESSAGE, stream=True):
            match event.type:
                case "content_block_start" if event.content_block.type == "tool_use":
                    calls[event.index] = event.content_block.name, ""
                case "content_block_delta" if event.delta.type == "text_delta":
                    text += event.delta.text
                case "content_block_delta":
                    name, arguments = calls[event.index]
                    calls[event.index] = name, arguments + event.delta.partial_json
                case "message_delta":
                    end = event.delta.stop_reason
    return text, list(calls.values()), end


@anthropic.beta_tool
def get_weather(city: str, unit: str) -> str:
    """The weather in a city."""
    return "21 °C"


async def messages_by_tools(base):
    with anthropic.Anthropic(base_url=base, api_key="none") as client:
        runner = client.beta.messages.tool_runner(**{**MESSAGE, "tools": [get_weather]}, stream=True)
        for stream in runner:
            last = stream.get_final_message()
    return of_blocks(last)


WAYS = {
    "/v1/chat/completions": [chat_by_chunks, chat_by_chunks_async, chat_by_helper],
    "/v1/responses": [responses_by_events, responses_by_helper],
    "/v1/messages": [messages_by_helper, messages_by_helper_async, messages_by_events],
}


LOOPS = {"/v1/messages": [messages_by_tools]}


def read(way, base):
    text, calls, end = asyncio.run(way(base))
    # Some hand out the arguments as they came, and some as values.
    values = [json.loads(value) if isinstance(value, str) else value for _, value in calls]
    names = [name for name, _ in calls]
    return {"text": text, "calls": list(map(list, zip(names, values))), "end": end}


async def read_all(server, only_first):
    reads = []
    turns = [("", 1, WAYS), ("/tools", 1, WAYS), ("/tools", 2, {} if only_first else LOOPS)]
    for above, turn, all_ways in turns:
        for path, ways in all_ways.items():
            reads += [({"path": above + path, "turn": turn}, way, server + above) for way in ways]
    # Each in a thread of its own, since some of the ways wait in it.
    answers = [asyncio.to_thread(read, way, base) for _, way, base in reads]
    whole = zip(reads, await asyncio.gather(*answers))
    return [{**which, "way": way.__name__, **answer} for (which, way, _), answer in whole]


print(json.dumps(asyncio.run(read_all(sys.argv[1], "first" in sys.argv))))
