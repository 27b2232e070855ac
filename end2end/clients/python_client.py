"""Signs in with python-socketio and tells what it received, one JSON object a line.

Usage: python_client.py URL TRANSPORT USER_ID TOKEN WAY, where WAY is `authenticate` or `handshake`.
Ends after the first transaction.
"""

import asyncio
import json
import sys

import socketio


def tell(name, payload):
    print(json.dumps({"name": name, "payload": payload}), flush=True)


async def main(url, transport, user_id, token, way):
    client = socketio.AsyncClient(reconnection=False)
    done = asyncio.Event()

    @client.event
    async def connect():
        if way == "authenticate":
            answer = await client.call("authenticate", {"userId": user_id, "token": token})
            tell("acknowledged", answer)

    @client.on("transaction:new")
    async def on_transaction(payload):
        tell("transaction:new", payload)
        done.set()

    for name in ("authenticated", "error", "pong"):
        client.on(name, lambda *payload, name=name: tell(name, payload[0] if payload else None))

    auth = {"token": token} if way == "handshake" else None
    await client.connect(url, transports=[transport], auth=auth)
    await client.emit("ping")
    await asyncio.wait_for(done.wait(), 20)
    await client.disconnect()


asyncio.run(main(*sys.argv[1:]))
