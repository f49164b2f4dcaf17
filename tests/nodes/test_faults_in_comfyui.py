"""Faults around the pack in a real ComfyUI: prompts run, what is lost is said once, and it goes on."""

import contextlib
import sqlite3
import time
from pathlib import Path

import neighbours
import pytest
from prompts import checkpoint, node
from tiny import picture
from vram_forecast.estimator.history.store import Store

BLOCK = b'"block"'
NODES, MANY = 2000, 40


def until(found, seconds=30.0):
    """What `found` gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if one := found():
            return one
        time.sleep(0.05)
    pytest.fail(f"nothing within {seconds} s")


def samples(server, seed, **how):
    """A picture is made to its end."""
    ended = server.run(picture(seed, **how), ["10"], seconds=120)
    assert "success" == ended["status"]["status_str"], server.log
    return ended["prompt"][1]


def history(server) -> Path:
    (found,) = server.base.glob("user/*vram_forecast/history.sqlite")
    return found


def outcome(server, run):
    """How a run ended, by the route; None while that is not on record."""
    status, told = server.ask(f"/vram_forecast/history?run={run}")
    ended = told["runs"][0]["outcome"] if status == 200 else "running"
    return None if ended == "running" else ended


# ComfyUI's own names are others.


@pytest.fixture(scope="module")
def renamed(start, tmp_path_factory):
    """A ComfyUI whose executor and registry have other names than those that the recorder listens at."""
    base = tmp_path_factory.mktemp("renamed")
    neighbours.move_in(base / "custom_nodes", {"renamer": neighbours.RENAMER}, "prestartup_script.py")
    return start(base, VRAM_FORECAST_TRACING="off")


def test_where_comfyuis_names_are_others_prompts_run_unrecorded_and_that_is_said_once(renamed):
    for seed in (1, 2):
        samples(renamed, seed)
    said = [line for line in renamed.log.splitlines() if "runs are not recorded" in line]
    assert ["execution.PromptExecutor.execute_async"] == [line.rpartition("has no ")[2] for line in said]
    assert f'File "{renamed.pack}' not in renamed.log
    assert f"IMPORT FAILED): {renamed.pack}" not in renamed.log


def test_where_comfyuis_names_are_others_answers_come_from_the_tables(renamed):
    sdxl = checkpoint("sdxl/sd_xl_base_1.0.safetensors")
    status, told = renamed.ask("/vram_forecast/check?vram=12&suggestions=0", {"prompt": sdxl})
    bases = {one["activations"]["basis"] for one in told["steps"] if one["kind"] == "sample"}
    assert (200, "resident", {"traced"}) == (status, told["verdict"], bases)
    assert (200, []) == (
        renamed.ask("/vram_forecast/history")[0],
        renamed.ask("/vram_forecast/history")[1]["runs"],
    )


# The memory of past runs is broken, or another process holds it.


@pytest.fixture(scope="module")
def remembering(start, tmp_path_factory):
    """A ComfyUI that finds a broken memory of past runs at its start."""
    base = tmp_path_factory.mktemp("remembering")
    broken = base / "user" / "__vram_forecast" / "history.sqlite"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no database " * 1000)
    return start(base, VRAM_FORECAST_TRACING="off")


def test_a_broken_memory_is_put_aside_and_the_run_is_on_record_in_a_new_one(remembering):
    run = samples(remembering, 1)
    assert "done" == until(lambda: outcome(remembering, run))
    assert 1 == remembering.log.count("the memory of past runs was broken")


def test_while_another_process_holds_the_memory_prompts_run_and_are_recorded_again_after_it(remembering):
    with contextlib.closing(sqlite3.connect(history(remembering), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        samples(remembering, 2)
        assert 200 == remembering.ask("/vram_forecast/check", picture(3))[0]
        line = "the memory of past runs is not written"
        until(lambda: line in remembering.log)
        other.execute("ROLLBACK")
    run = samples(remembering, 4)
    assert "done" == until(lambda: outcome(remembering, run))
    assert 1 == remembering.log.count(line)


def test_a_memory_that_is_spoilt_while_it_is_open_stops_no_prompt_and_no_answer(remembering):
    file = history(remembering)
    with file.open("r+b") as spoilt:
        spoilt.write(b"\0" * file.stat().st_size)
    wal = file.with_name(f"{file.name}-wal")
    wal.write_bytes(b"\0" * wal.stat().st_size)
    for seed in (5, 6):
        samples(remembering, seed)
        assert 200 == remembering.ask("/vram_forecast/check", picture(seed))[0]
    status, told = remembering.ask("/vram_forecast/history")
    assert status == 200 or "history.sqlite: " in told["error"]


# ComfyUI is killed.


def test_a_run_in_which_comfyui_is_killed_is_interrupted_once_its_memory_is_opened_again(start):
    server = start(VRAM_FORECAST_TRACING="off")
    samples(server, 1, steps=1)
    run = server.queue(picture(2, side=256, steps=1000), ["10"])
    until(lambda: server.ask(f"/vram_forecast/history?run={run}")[0] == 200)
    server.process.kill()
    server.process.wait(30)
    with contextlib.closing(Store(history(server))) as store:
        last, first = store.runs()
        nodes = {one.class_type for one in store.nodes(first.id)}
    assert [(run, "interrupted"), "done"] == [(last.id, last.outcome), first.outcome]
    assert "KSampler" in nodes


# A prompt is long.


def chains():
    """A prompt of 2 000 nodes, in chains that ComfyUI, which goes along them by recursion, can follow."""
    prompt, long = {}, NODES // MANY
    for one in range(MANY):
        prompt[f"{one}.1"] = node("EmptyImage", width=16, height=16, batch_size=1, color=one)
        for at in range(2, long):
            prompt[f"{one}.{at}"] = node("ImageInvert", image=[f"{one}.{at - 1}", 0])
        prompt[f"{one}.{long}"] = node("PreviewImage", images=[f"{one}.{long - 1}", 0])
    return prompt


@pytest.fixture
def blocking(small):
    small.ask("/settings/VRAMForecast.Guard", BLOCK)
    yield small
    small.ask("/settings/VRAMForecast.Guard", b'"warn"')


def test_a_prompt_of_two_thousand_nodes_passes_a_guard_that_blocks_and_runs(blocking):
    began = time.monotonic()
    prompt = chains()
    prompt_id = blocking.queue(prompt, [one for one in prompt if prompt[one]["class_type"] == "PreviewImage"])
    assert NODES == len(prompt)
    assert time.monotonic() - began < 10
    assert "success" == blocking.ended(prompt_id, 120)["status"]["status_str"]
    assert "prompts go on unchecked" not in blocking.log


def test_of_a_prompt_of_two_thousand_nodes_what_runs_out_of_memory_is_refused(blocking):
    large = checkpoint("sdxl/sd_xl_base_1.0.safetensors", side=8192, batch=8)
    prompt = chains() | {f"large {name}": moved(told) for name, told in large.items()}
    status, answer = blocking.ask("/prompt", {"prompt": prompt})
    assert (400, "vram_forecast") == (status, answer["error"]["type"])


def moved(told):
    """A node whose links lead to nodes with other ids."""
    links = {
        name: [f"large {value[0]}", value[1]]
        for name, value in told["inputs"].items()
        if isinstance(value, list)
    }
    return {**told, "inputs": told["inputs"] | links}
