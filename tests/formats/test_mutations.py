"""Headers with random faults: each is read or refused in one line, and takes no more memory than it holds."""

import json
import random
import struct
import tracemalloc

from vram_forecast.estimator.errors import FormatError
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify

SEED, CASES = 20261122, 2000
GOOD = {
    "__metadata__": {"format": "pt", "_quantization_metadata": '{"layers":{"l":{"format":"nvfp4"}}}'},
    "l.weight": {"dtype": "U8", "shape": [4, 2], "data_offsets": [0, 8]},
    "l.weight_scale": {"dtype": "F8_E4M3", "shape": [4, 1], "data_offsets": [8, 12]},
    "l.weight_scale_2": {"dtype": "F32", "shape": [], "data_offsets": [12, 16]},
    "l.comfy_quant": {"dtype": "U8", "shape": [18], "data_offsets": [16, 34]},
    "x.lora_A.weight": {"dtype": "F16", "shape": [1, 2], "data_offsets": [34, 38]},
}
DATA = b"\0" * 16 + b'{"format":"nvfp4"}' + b"\0" * 4
WORDS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b'"',
    b"-1",
    b"9" * 30,
    b"\xff",
    b"null",
    b"1e9",
    b"\\u0000",
    b"__metadata__",
]


def mutated(chance):
    """The file with one to four of its bytes or words replaced, removed or repeated."""
    text = json.dumps(GOOD, separators=(",", ":")).encode()
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        end = min(len(text), at + chance.choice([0, 1, 1, 3, 40]))
        text = (
            text[:at] + chance.choice([*WORDS, text[at:end] * 2, bytes([chance.randrange(256)])]) + text[end:]
        )
    length = len(text) if chance.random() < 0.9 else chance.randrange(1 << chance.randrange(1, 64))
    return struct.pack("<Q", length) + text + DATA


def test_no_fault_in_a_header_does_worse_than_one_line(tmp_path):
    chance, path = random.Random(SEED), tmp_path / "m.safetensors"
    read_well = refused = 0
    tracemalloc.start()
    try:
        for _ in range(CASES):
            path.write_bytes(mutated(chance))
            try:
                identify(read(path))
                read_well += 1
            except FormatError as error:
                assert "\n" not in str(error)
                refused += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert CASES == read_well + refused
    assert 0 < read_well < refused
    assert peak < 20 << 20


def test_no_fault_in_an_index_does_worse_than_one_line(tmp_path):
    chance, path = random.Random(SEED), tmp_path / "m.safetensors.index.json"
    good = json.dumps({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}).encode()
    for _ in range(CASES):
        at = chance.randrange(len(good))
        path.write_bytes(good[:at] + chance.choice(WORDS) + good[at + chance.randint(0, 9) :])
        try:
            assert read(path).problems
        except FormatError as error:
            assert "\n" not in str(error)
