"""How public observations are judged, on made rows: `benchmarks/evidence.py`."""

import json
import subprocess
import sys

import pytest

FINE = {
    "kind": "fit",
    "model_family": "sd15",
    "dtype": "float16",
    "gpu": "RTX 4090",
    "vram_mb": 24576,
    "ram_mb": 65536,
    "os": "Linux",
    "comfy_version": "0.33.0",
    "width": 512,
    "height": 512,
    "steps": 20,
    "outcome": "complete",
    "numbers": {"vram_is_nominal": True},
}
# Far more than its card can hold at once, in tiles or not.
HOPELESS = FINE | {
    "model_family": "sdxl",
    "gpu": "RTX 3050",
    "vram_mb": 8192,
    "width": 8192,
    "height": 8192,
}
WEIGHTS = {
    "kind": "weights",
    "model_family": "sd15",
    "component": "diffusion",
    "class_name": "BaseModel",
    "dtype": "float16",
    "mb": 1639.4,
}
ROWS = {
    "fine and ran": FINE,
    "fine and failed": FINE | {"kind": "oom", "outcome": "oom"},
    "hopeless and failed": HOPELESS | {"kind": "oom", "outcome": "oom"},
    "hopeless and ran": HOPELESS,
    "loaded in part": FINE | {"outcome": "partial"},
    "slow": FINE | {"outcome": "slow"},
    "killed for RAM": FINE | {"kind": "oom", "outcome": "oom", "stage": "load (host RAM OOM-kill)"},
    "another family": FINE | {"model_family": "sd99"},
    "no storage": FINE | {"dtype": None},
    "no size": FINE | {"width": None},
    "no card": FINE | {"gpu": None, "vram_mb": None},
    "no frames": FINE | {"model_family": "wan2.1-14B"},
    "a wrapper": FINE | {"model_family": "wan2.1-14B", "frames": 81, "flags": "WanVideoWrapper"},
    "another program": FINE | {"flags": "Forge, not ComfyUI"},
    "no version": FINE | {"comfy_version": None},
    "two sizes of a card": FINE | {"gpu": "RTX 5060 Ti", "vram_mb": None},
    "weights right": WEIGHTS,
    "weights wrong": WEIGHTS | {"mb": 1700},
    "weights of which type": WEIGHTS | {"dtype": None},
    "seconds": FINE | {"kind": "speed", "numbers": {"it_per_s": 0.001}},
    "seconds of a run of unknown steps": FINE | {"kind": "speed", "steps": None, "numbers": {"total_s": 3}},
    "a file": {
        "kind": "filesize",
        "component": "text_encoder",
        "model_file": "clip_l.safetensors",
        "bytes": 246144152,
    },
    "a gguf": {
        "kind": "filesize",
        "component": "diffusion",
        "model_family": "flux1",
        "model_file": "flux1-dev-Q8_0.gguf",
        "bytes": 12708281504,
    },
}


def run(root, path, *arguments):
    """What the benchmark prints of a file."""
    script = root / "benchmarks" / "evidence.py"
    done = subprocess.run([sys.executable, script, path, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(path, rows):
    path.write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8"
    )
    return path


@pytest.fixture(scope="module")
def judged(root, tmp_path_factory):
    """What became of each made row, by its name."""
    path = write(tmp_path_factory.mktemp("evidence") / "rows.jsonl", ROWS.values())
    found = {}
    for line in run(root, path, "--all").splitlines():
        one = json.loads(line)
        found.setdefault(list(ROWS)[one["row"] - 1], []).append(one)
    return found


@pytest.mark.parametrize("name", ["fine and ran", "hopeless and failed", "no version", "two sizes of a card"])
def test_an_outcome_that_a_forecast_allows_is_right(judged, name):
    assert judged[name][0]["right"] is True


@pytest.mark.parametrize(
    "name", ["fine and failed", "hopeless and ran", "loaded in part", "slow", "killed for RAM"]
)
def test_an_outcome_that_no_forecast_allows_is_wrong(judged, name):
    assert judged[name][0]["right"] is False


def test_a_false_fine_and_a_false_alarm_are_told_apart(judged):
    assert [name for name, (one, *_) in judged.items() if one.get("false_fine")] == [
        "fine and failed",
        "killed for RAM",
    ]
    assert [name for name, (one, *_) in judged.items() if one.get("false_alarm")] == ["hopeless and ran"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("another family", "sd99"),
        ("no storage", "storage"),
        ("no size", "size"),
        ("no card", "card"),
        ("no frames", "frames"),
        ("a wrapper", "WanVideoWrapper"),
        ("another program", "another program"),
        ("weights of which type", "storage"),
    ],
)
def test_what_cannot_be_judged_says_why(judged, name, why):
    assert "right" not in judged[name][0]
    assert why in judged[name][0]["why"]


def test_a_row_without_a_version_is_judged_under_both_policies(judged):
    assert ["dynamic" in said for said in judged["no version"][0]["said"]] == [False, True]
    assert len(judged["fine and ran"][0]["said"]) == 1


def test_a_card_that_is_sold_in_two_sizes_counts_as_both(judged):
    sizes = {said.rpartition(", ")[2] for said in judged["two sizes of a card"][0]["said"]}
    assert sizes == {"8 GiB", "16 GiB"}


def test_megabytes_are_right_within_one_percent(judged):
    assert judged["weights right"][0]["right"] is True
    assert judged["weights wrong"][0]["right"] is False


def test_seconds_are_beside_ours_where_they_are_stated(judged):
    outcome, seconds = judged["seconds"]
    assert (outcome["right"], seconds["right"]) == (True, False)
    assert seconds["theirs"] == 1000
    assert 0 < seconds["ours"] < 1
    assert "steps" in judged["seconds of a run of unknown steps"][1]["why"]


def test_bytes_of_published_and_of_made_files_are_near(judged):
    assert judged["a file"][0]["right"] is True
    assert judged["a gguf"][0]["right"] is True


def test_what_could_recognise_a_row_changes_nothing(root, tmp_path, judged):
    """The same rows with a source, a quote and a date that say the opposite, and in another order."""
    marks = {
        "source": "https://example.org/oom",
        "quote": "out of memory, 999999 MB, 1 s/it",
        "date": "2020-01-01",
    }
    names = [name for name in reversed(ROWS) if name in ("fine and ran", "hopeless and ran", "weights right")]
    path = write(tmp_path / "marked.jsonl", [ROWS[name] | marks for name in names])
    lines = [json.loads(line) for line in run(root, path, "--all").splitlines()]
    assert [one | {"row": 0} for one in lines] == [judged[name][0] | {"row": 0} for name in names]


def test_the_summary_has_its_keys_and_counts_what_was_judged(root, tmp_path):
    names = ["fine and ran", "fine and failed", "no size", "weights right", "seconds"]
    path = write(tmp_path / "rows.jsonl", [*(ROWS[name] for name in names), "no json"])
    total = json.loads(run(root, path, "--json"))
    assert {key: total[key] for key in ("rows", "judged", "right", "false_fine", "false_alarm")} == {
        "rows": 6,
        "judged": 3,
        "right": 2,
        "false_fine": 1,
        "false_alarm": 0,
    }
    assert total["weights_worst_error"] < 0.01
    assert 0.99 < total["speed_median_error"] < 1
    assert [one["row"] for one in total["misses"]] == [2, 5]
    assert sum(total["unjudged"].values()) == 2
