"""Watching ComfyUI's own executor and registry: what they tell of a run in each way that it can go."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BEGUN = ["prompt_started", "p", ["1"], ["1"]]


@pytest.fixture(scope="module")
def watched(comfyui, root):
    """What was told of the prompts of `watched_runs.py`."""
    script = Path(__file__).with_name("watched_runs.py")
    done = subprocess.run(
        [sys.executable, script, root], cwd=comfyui, capture_output=True, text=True, timeout=240
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_run_is_told_from_its_beginning_to_its_end(watched):
    assert [
        BEGUN,
        ["node_started", "1", "1"],
        ["node_progressed", "1", 3.0, 20.0],
        ["node_finished", "1"],
        ["prompt_ended", "p", ["done", "", ""]],
    ] == watched["runs"]["counts"]


def test_a_cached_node_is_finished_without_a_start(watched):
    ended = ["prompt_ended", "p", ["done", "", ""]]
    assert [BEGUN, ["node_finished", "1"], ended] == watched["runs"]["counts again"]


def test_a_node_made_by_another_is_told_with_the_one_of_the_prompt(watched):
    started = [one for one in watched["runs"]["makes another"] if one[0] == "node_started"]
    assert 2 == len(started)
    assert ("1", "1") == (started[0][1], started[1][2])
    assert "1" != started[1][1]


@pytest.mark.parametrize(
    ("kind", "outcome", "error"),
    [
        ("fails", "failed", "ValueError"),
        ("fills the card", "out of memory", "OutOfMemoryError"),
        ("is stopped", "interrupted", ""),
    ],
)
def test_a_run_that_does_not_end_well_says_how_and_where(watched, kind, outcome, error):
    event, prompt_id, ended = watched["runs"][kind][-1]
    assert ("prompt_ended", "p", outcome, "1") == (event, prompt_id, *ended[:2])
    assert error == ended[2].rpartition(".")[2]
    assert "hat" not in json.dumps(watched)


def test_comfyui_is_as_it_was_when_nobody_listens(watched):
    assert watched["back"]


def test_on_the_cpu_only_the_computers_memory_is_told(watched):
    *card, ram_used = watched["memory"]
    assert [None] * 5 == card
    assert ram_used > 0
