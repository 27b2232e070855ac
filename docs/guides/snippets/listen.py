"""Prints a user's transactions as they happen. Needs python-socketio and aiohttp."""

import asyncio
import os

import socketio

client = socketio.AsyncClient()
newest = None  # the number of the newest event that has come
epoch = None  # the life of the server's data that it belongs to


async def credentials():
    # The place to ask for a fresh token.
    return {"token": os.environ["TALLYWIRE_TOKEN"], "since": newest, "epoch": epoch}


@client.on("authenticated")
async def on_authenticated(answer):
    global newest, epoch
    if newest is None:
        newest = answer["seq"]
    epoch = answer["epoch"]
    print("signed in; the newest event is", answer["seq"], flush=True)


@client.on("sync:required")
async def on_sync_required(answer):
    global newest, epoch
    newest, epoch = answer["seq"], answer["epoch"]
    print("load everything again over HTTP:", answer["reason"], flush=True)


@client.on("*")
async def on_event(name, payload=None):
    global newest
    if isinstance(payload, dict) and "eventId" in payload:
        newest = payload["seq"]
    if name in ("transaction:new", "transaction:updated"):
        transaction = payload["transaction"]
        print(name, transaction["description"], transaction["amount"], flush=True)


@client.on("error")
async def on_error(error):
    print(error["code"], error["message"], flush=True)


async def main():
    while True:
        await client.connect(os.environ["TALLYWIRE_URL"], auth=credentials, retry=True)
        # The client reconnects by itself. This returns where the server has disconnected it: `error` said why.
        await client.wait()


asyncio.run(main())
