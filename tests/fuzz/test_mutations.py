"""Thousands of broken headers of each format: refused in one line, or read, and nothing else."""

import io
import random
import struct
import tracemalloc

import embedded
import pytest
from PIL import Image
from seeds import SEEDS
from vram_forecast.estimator import media, workflow
from vram_forecast.estimator.errors import FormatError, InputError
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify

HEADERS = 2000
FILES = 500
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 33, (1 << 63) - 1, (1 << 64) - 1)


def flip(data, chance):
    """One bit changed."""
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def replace(data, chance):
    """One byte changed."""
    data[chance.randrange(len(data))] = chance.randrange(256)


def number(data, chance):
    """A number that means trouble, somewhere."""
    value = struct.pack("<Q", chance.choice(NUMBERS))[: chance.choice((1, 2, 4, 8))]
    at = chance.randrange(len(data))
    data[at : at + len(value)] = value


def cut(data, chance):
    """The end taken off."""
    del data[chance.randrange(1, len(data)) :]


def repeat(data, chance):
    """A piece that comes twice."""
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randrange(1, 40)]


def lose(data, chance):
    """A piece taken out."""
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 20)]


MUTATIONS = (flip, replace, number, number, cut, repeat, lose)


def mutated(content, seed):
    """`content` with one to four mutations, always the same for a seed."""
    chance, data = random.Random(seed), bytearray(content)
    for _ in range(chance.randint(1, 4)):
        if len(data) > 1:
            chance.choice(MUTATIONS)(data, chance)
    return bytes(data)


def outcome(path):
    """The code of the refusal, or `read`."""
    try:
        identify(read(path))
    except FormatError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
        return error.code
    return "read"


@pytest.mark.parametrize(("extension", "content"), SEEDS.values(), ids=SEEDS)
def test_the_seeds_are_sound(extension, content, tmp_path):
    path = tmp_path / f"m{extension}"
    path.write_bytes(content)
    assert outcome(path) == "read"
    assert len(read(path).tensors) >= 2


@pytest.mark.parametrize(("extension", "content"), SEEDS.values(), ids=SEEDS)
def test_no_mutated_header_does_worse_than_a_refusal(extension, content, tmp_path):
    path = tmp_path / f"m{extension}"
    outcomes = set()
    tracemalloc.start()
    for seed in range(HEADERS):
        path.write_bytes(mutated(content, seed))
        outcomes.add(outcome(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(outcomes) > 4, "the mutations reach too little"
    assert peak < 4_000_000


@pytest.mark.parametrize("kind", [*embedded.MADE, *embedded.WRITTEN_BY_FFMPEG])
def test_no_mutated_file_with_a_workflow_does_worse_than_a_refusal(kind):
    texts = {"prompt": '{"1": {"class_type": "X", "inputs": {}}}', "workflow": '{"nodes": []}'}
    made = embedded.MADE.get(kind) or (lambda texts: embedded.written_by_ffmpeg(kind, texts))
    content, outcomes = made(texts), set()
    tracemalloc.start()
    for seed in range(FILES):
        try:
            workflow.read(mutated(content, seed))
            outcomes.add("read")
        except InputError as error:
            assert 1 == len(str(error).splitlines())
            outcomes.add("refused")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {"read", "refused"} == outcomes
    assert peak < 4 << 20


@pytest.mark.parametrize("kind", ["mp4", "mkv", "webm", "flac", "opus", "mp3"])
def test_no_mutated_video_or_sound_does_worse_than_a_refusal_when_it_is_measured(kind, tmp_path):
    content, path = embedded.written_by_ffmpeg(kind, {}), tmp_path / "a"
    for seed in range(FILES):
        path.write_bytes(mutated(content, seed))
        try:
            media.measured(path, seed, 0)
        except InputError as error:
            assert 1 == len(str(error).splitlines())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP"])
def test_no_mutated_picture_does_worse_than_a_refusal_when_it_is_measured(kind, tmp_path):
    made, path = io.BytesIO(), tmp_path / "a"
    Image.new("RGBA" if kind in ("PNG", "WEBP", "AVIF") else "L", (9, 7)).save(made, kind)
    for seed in range(FILES):
        path.write_bytes(mutated(made.getvalue(), seed))
        try:
            media.measured(path, seed, 0)
        except InputError as error:
            assert 1 == len(str(error).splitlines())
