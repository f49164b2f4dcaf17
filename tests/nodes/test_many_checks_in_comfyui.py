"""While a prompt samples, 200 checks at once: all are answered, and no message of the run is missed."""

import asyncio
import json
import logging
import time
from collections import Counter
from typing import NamedTuple

import pytest
from at_host import text_to_image
from tiny import picture

logger = logging.getLogger("tests.many_checks")
STEPS, SIDE, CHECKS = 60, 128, 200
SDXL = "sdxl/sd_xl_base_1.0.safetensors"
# What a frontend shows a run by.
TOLD = ("execution_start", "execution_cached", "executing", "progress", "executed", "execution_success")


class Heard(NamedTuple):
    """A run as a frontend hears it: its messages and those that were sent, its time, what was done beside."""

    messages: list[tuple]
    sent: list[tuple]
    seconds: float
    beside: Counter


def short(message):
    """What counts of a message: its kind, its node and how far that is."""
    data = message["data"]
    return message["type"], data.get("node"), data.get("value"), data.get("max")


async def heard(server, seed, beside=None):
    """Queue a picture and listen until it is done; `beside` begins at the sampler's first step."""
    from aiohttp import ClientSession, TCPConnector, WSMsgType

    messages, doing, client = [], None, f"client-{seed}"
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        async with session.ws_connect(f"{server.url}/ws?clientId={client}", max_msg_size=0) as socket:
            body = {"prompt": picture(seed, side=SIDE, steps=STEPS), "client_id": client}
            began = time.monotonic()
            async with session.post(f"{server.url}/prompt", json=body) as response:
                assert 200 == response.status
            while not messages or messages[-1][:2] != ("executing", None):
                told = await socket.receive(timeout=120)
                if told.type != WSMsgType.TEXT or told.json()["type"] not in TOLD:
                    continue
                messages.append(short(told.json()))
                if beside and doing is None and messages[-1][0] == "progress":
                    doing = asyncio.create_task(beside(session))
            seconds = time.monotonic() - began
        return Heard(messages, sent(server, client), seconds, await doing if doing else Counter())


def sent(server, client):
    """The messages that ComfyUI sent to a client."""
    book = (server.pack.parent / "scribe" / "sent.jsonl").read_text(encoding="utf-8")
    lines = (json.loads(line) for line in book.splitlines())
    return [tuple(what) for *what, whom in lines if whom == client and what[0] in TOLD]


async def checks(session, server):
    """Ask them all at once: how often each status was answered."""
    began = time.monotonic()

    async def check(number):
        size = {"width": 512 + 64 * (number % 20), "height": 512 + 64 * (number // 20)}
        body = {"prompt": text_to_image(SDXL, **size)}
        async with session.post(f"{server.url}/vram_forecast/check", json=body) as response:
            await response.read()
            return response.status

    answers = Counter(await asyncio.gather(*map(check, range(CHECKS))))
    logger.warning("%d checks took %.2f s", CHECKS, time.monotonic() - began)
    return answers


@pytest.fixture(scope="module")
def runs(server):
    """A run alone and one beside the checks, after one that loads the models."""
    server.run(picture(100, side=SIDE, steps=1), ["10"], seconds=120)

    async def both():
        alone = await heard(server, 101)
        return alone, await heard(server, 102, lambda session: checks(session, server))

    alone, busy = asyncio.run(both())
    logger.warning("alone %.2f s, beside checks %.2f s, answers %s", alone.seconds, busy.seconds, busy.beside)
    return alone, busy


def test_every_message_of_the_run_arrives_in_order(runs):
    for run in runs:
        assert run.sent == run.messages
        # ComfyUI 0.33.0 sends no step that follows another within a tenth of a second.
        steps = [value for kind, node, value, _ in run.messages if (kind, node) == ("progress", "8")]
        assert sorted({*steps}) == steps
        assert (STEPS, True) == (steps[-1], len(steps) > STEPS // 4)


def test_all_checks_are_answered(runs):
    _, busy = runs
    assert CHECKS == busy.beside[200] + busy.beside[503]
    assert busy.beside[200] >= CHECKS // 2


def test_the_run_takes_little_longer(runs):
    alone, busy = runs
    assert busy.seconds < 2 * alone.seconds + 2
