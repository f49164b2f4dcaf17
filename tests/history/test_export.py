"""What is given to others holds measurements of known laws, and nothing of anyone's."""

import sys

import msgspec
from vram_forecast.estimator.history.export import rows, toml
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.estimator.units import Estimate

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SECRET = "SECRET"
NOON = 1_790_000_000.0
SETUP = Setup("NVIDIA GeForce RTX 3060", 12 << 30, "0.33.0", "2.9.0+cu130", "fused", True)
RUN = Run(id="an id", began=NOON, graph="a digest", setup=SETUP)
DONE = Done(
    run="an id",
    node="node 57",
    class_type="KSampler",
    kind="sample",
    law="flux:forward:cast:2",
    shape=(1, 16, 1, 128, 128, 256),
    passes=20,
    beside=Estimate(1, 2, 3, "traced"),
    before=10,
    peak=400,
    seconds=2.5,
)


def filled_with_secrets(row, **kept):
    """The row with a secret in its every text, so that a field added later is tried as well."""
    changed = {}
    for field in msgspec.structs.fields(row):
        value = getattr(row, field.name)
        if isinstance(value, str):
            changed[field.name] = f"/home/{SECRET}/{field.name}.safetensors, a portrait of {SECRET}"
        elif isinstance(value, msgspec.Struct) and not isinstance(value, Estimate):
            changed[field.name] = filled_with_secrets(value)
    return msgspec.structs.replace(row, **changed | kept)


def test_a_measured_node_is_a_row_that_reads_as_toml():
    (found,) = tomllib.loads(toml(rows([(RUN, [DONE])])))["node"]
    assert ("rtx-3060-12gb", "0.33.0", "2.9.0+cu130") == (found["gpu"], found["comfy"], found["torch"])
    assert ("flux:forward:cast:2", 400, 2.5, [1, 2, 3]) == tuple(
        found[name] for name in ("law", "peak", "seconds", "beside")
    )
    assert ("2026-09-21", "fused") == (found["day"], found["attention"])
    assert (False, False) == (found["one_sided"], found["shared"])


def test_no_id_no_title_and_no_time_of_day_is_in_it():
    text = toml(rows([(RUN, [DONE])]))
    for part in ("an id", "a digest", "node 57", "KSampler", "179000", ":00"):
        assert part not in text


def test_nothing_of_a_prompt_a_file_or_a_folder_can_be_in_it():
    run = filled_with_secrets(RUN)
    texts = (
        DONE.law,
        f"{SECRET}:forward:cast:2",
        f"flux:{SECRET}:cast:2",
        f"flux:forward:{SECRET}:2",
        SECRET,
    )
    nodes = [filled_with_secrets(DONE, law=law) for law in texts]
    found = rows([(run, nodes)])
    assert 1 == len(found)  # the one of a law that is ours
    assert SECRET not in toml(found)


def test_a_single_word_is_no_less_a_secret():
    word = "secretword"
    run = msgspec.structs.replace(
        RUN, setup=msgspec.structs.replace(SETUP, card=word, comfy=word, torch=word, attention=word)
    )
    laws = (DONE.law, f"flux:{word}:cast:2", f"flux:forward:{word}:2", f"{word}:forward:cast:2")
    nodes = [msgspec.structs.replace(DONE, kind=word, law=law) for law in laws]
    assert word not in toml(rows([(run, nodes)]))


def test_a_full_card_and_a_shared_one_are_marked():
    found = rows([(RUN, [msgspec.structs.replace(DONE, full=True, shared=True)])])
    assert [(True, True)] == [(one["one_sided"], one["shared"]) for one in found]


def test_what_was_not_measured_is_no_row():
    assert [] == rows([(RUN, [msgspec.structs.replace(DONE, peak=None, seconds=None)])])
