"""Lets the SDK of OpenAI for Python ask once for a stream, in the lines that its README shows.

usage: llm.py BASE_URL
"""

import sys
import time

from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="none")
stream = client.chat.completions.create(
    model="lab",
    messages=[{"role": "user", "content": "Say something."}],
    stream=True,
)
for chunk in stream:
    # Case L2: the user stops the answer.
    if chunk.choices and chunk.choices[0].delta.content == "Stop now.":
        stream.close()
        break

# As in a program that does something else too: what is closed is closed by the SDK.
time.sleep(600)
