"""A topic with sse-starlette: a queue for each subscriber.

usage: python server.py PORT
"""

import asyncio
import sys

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

subscribers: set[asyncio.Queue] = set()
kept: list[ServerSentEvent] = []
count = 0


async def subscribe(request):
    queue: asyncio.Queue = asyncio.Queue()
    if "lastEventId" in request.query_params:
        for event in kept:
            queue.put_nowait(event)
    subscribers.add(queue)

    async def events():
        try:
            while True:
                yield await queue.get()
        finally:
            subscribers.discard(queue)

    return EventSourceResponse(events())


async def publish(request):
    global count
    data = (await request.body()).decode()
    count += 1
    event = ServerSentEvent(data, id=str(count))
    kept[:] = [event]
    for queue in subscribers:
        queue.put_nowait(event)
    return JSONResponse({"id": str(count), "events": 1, "subscribers": len(subscribers)})


app = Starlette(
    routes=[
        Route("/topics/bench", subscribe, methods=["GET"]),
        Route("/topics/bench", publish, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        backlog=4096,
        timeout_graceful_shutdown=1,
    )
