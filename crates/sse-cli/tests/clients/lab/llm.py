"""Lets the SDK of OpenAI for Python ask once for a stream, in the lines that its README shows.

usage: llm.py BASE_URL
"""

import sys
import time
import urllib.parse
import urllib.request

from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="none")
stream = client.chat.completions.create(
    model="lab",
    messages=[{"role": "user", "content": "Say something."}],
    stream=True,
)

text, shown = "", {}
try:
    for chunk in stream:
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        # Case L2: the user stops the answer.
        if text == "Stop now.":
            stream.close()
            break
    shown["data"] = text
except Exception as error:  # one of the SDK, or of the library below it
    shown["error"] = str(error)

# Tells the lab what a user sees (docs/LAB.md): the text, or an error.
urllib.request.urlopen(f"{sys.argv[1]}/saw?{urllib.parse.urlencode(shown)}")

# As in a program that does something else too: what is closed is closed by the SDK.
time.sleep(600)
