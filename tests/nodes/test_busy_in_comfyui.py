"""While a real ComfyUI samples: checks are answered, prompts wait, and no message of the run is missed."""

import asyncio
import json
import time

import aiohttp
from tiny import picture

STEPS, CHECKS = 20, 200
# What a frontend shows a run by.
TOLD = ("execution_start", "execution_cached", "executing", "progress", "executed", "execution_success")


def sampled(seed, steps=STEPS):
    """The tiny checkpoint, sampled on the CPU for some seconds."""
    return picture(seed, side=128, steps=steps)


async def run(server, prompt, client, checks=0):
    """All messages of a prompt's run, its seconds, and the statuses of so many checks at once."""
    async with (
        aiohttp.ClientSession(server.url) as session,
        session.ws_connect(f"/ws?clientId={client}") as socket,
    ):
        begun = time.perf_counter()
        async with session.post("/prompt", json={"prompt": prompt, "client_id": client}) as queued:
            wanted = (await queued.json())["prompt_id"]
        asked = asyncio.gather(*(check(session, number) for number in range(checks)))
        told = []
        async for message in socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                continue
            one = json.loads(message.data)
            if one["data"].get("prompt_id") == wanted:
                told.append(one)
            if one["type"] == "executing" and one["data"].get("node") is None:
                break
        return told, time.perf_counter() - begun, await asked


async def check(session, number):
    """The status of a check of a workflow of its own, so that none is answered from what is kept."""
    prompt = {"prompt": sampled(number, steps=1000 + number)}
    async with session.post("/vram_forecast/check?suggestions=0", json=prompt) as response:
        return response.status, (await response.json())["verdict"]


def sent(server, client):
    """The kinds and nodes of what ComfyUI sent to a client, as a pack in it wrote them down."""
    book = (server.pack.parent / "scribe" / "sent.jsonl").read_text(encoding="utf-8")
    lines = map(json.loads, book.splitlines())
    return [(kind, node, value) for kind, node, value, _, whom in lines if whom == client and kind in TOLD]


def received(told):
    """The same of what a client heard."""
    heard = ((one["type"], one["data"]) for one in told if one["type"] in TOLD)
    return [(kind, data.get("node"), data.get("value")) for kind, data in heard]


def progress(told):
    """The steps that a run told of; ComfyUI 0.33.0 sends none that follows another within 0.1 s."""
    return [one["data"]["value"] for one in told if one["type"] == "progress"]


def executing(told):
    """The nodes that a run told of, and its end."""
    return [one["data"]["node"] for one in told if one["type"] == "executing"]


def test_no_message_of_a_run_is_missed_while_two_hundred_checks_are_answered(server, record_property):
    asyncio.run(run(server, sampled(0, steps=1), "first"))  # the model is loaded
    alone, quiet, _ = asyncio.run(run(server, sampled(1), "alone"))
    told, busy, answers = asyncio.run(run(server, sampled(2), "busy", CHECKS))
    record_property("seconds alone, with checks", (round(quiet, 1), round(busy, 1)))
    assert [200] * CHECKS == [status for status, _ in answers]
    assert sent(server, "alone") == received(alone)
    assert sent(server, "busy") == received(told)
    assert STEPS == progress(alone)[-1] == progress(told)[-1]
    assert ["8", "9", "10", None] == executing(told)[-4:] == executing(alone)[-4:]
    assert busy < 4 * quiet + 5


def test_two_prompts_at_once_both_run(server):
    async def both():
        async with aiohttp.ClientSession(server.url) as session:
            posts = (session.post("/prompt", json={"prompt": sampled(seed, 2)}) for seed in (21, 22))
            return [(await one.json())["prompt_id"] for one in await asyncio.gather(*posts)]

    ids = asyncio.run(both())
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = [server.ask(f"/history/{one}")[1].get(one) for one in ids]
        if all(found):
            break
        time.sleep(0.2)
    assert ["success", "success"] == [one["status"]["status_str"] for one in found]
