"""Connects httpx-sse to a URL, in the loop that its README shows for reconnections, for it has none
of its own: the last id and the last reconnection time are kept, and a read that fails is repeated.

Two things are not as in the README. Its loop repeats after httpx.ReadError alone, and httpx raises
RemoteProtocolError for a body that breaks off; so this one repeats after both. And it waits for the
reconnection time, without the growing and random wait that `stamina` adds.

usage: lab.py URL
"""

import sys
import time

import httpx
from httpx_sse import connect_sse

url = sys.argv[1]
last_event_id, reconnection_delay = "", 0.0

with httpx.Client() as client:
    while True:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        try:
            with connect_sse(client, "GET", url, headers=headers) as source:
                for sse in source.iter_sse():
                    last_event_id = sse.id
                    if sse.retry is not None:
                        reconnection_delay = sse.retry / 1000
                break
        except (httpx.ReadError, httpx.RemoteProtocolError):
            time.sleep(reconnection_delay)
