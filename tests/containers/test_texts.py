"""The texts of files as their writers lay them out, for what little of each must be read."""

import io
import json
import os
import struct

import embedded
import pytest
from vram_forecast.estimator import containers
from vram_forecast.estimator.containers.source import Source
from vram_forecast.estimator.errors import InputError

TEXTS = {"prompt": '{"1": {"text": "größe ; # = \\\\ \\n"}}', "workflow": '{"nodes": []}'}


def texts(content):
    """The texts of a file's bytes."""
    file = content if hasattr(content, "read") else io.BytesIO(content)
    return containers.texts(file, containers.kind(file))


@pytest.mark.parametrize("kind", [kind for kind in embedded.MADE if kind != "svg"])
def test_texts_come_back_as_they_were_written(kind):
    assert TEXTS == texts(embedded.MADE[kind](TEXTS))


@pytest.mark.parametrize("kind", embedded.WRITTEN_BY_FFMPEG)
def test_tags_that_ffmpeg_wrote_come_back(kind):
    assert TEXTS.items() <= texts(embedded.written_by_ffmpeg(kind, TEXTS)).items()


@pytest.mark.parametrize("kind", embedded.VIDEOS)
def test_a_comment_as_older_video_nodes_wrote_it_comes_back(kind):
    assert "{}" == texts(embedded.written_by_ffmpeg(kind, {"comment": "{}"}))["comment"]


def test_apples_older_tags_have_their_comment_in_every_place():
    import av

    for container_format in ("mp4", "mov"):
        made = io.BytesIO()
        with av.open(made, "w", format=container_format) as container:
            container.metadata["comment"] = '{"a": 1}'
            stream = container.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
            container.mux(stream.encode(av.VideoFrame(32, 16, "yuv420p")))
            container.mux(stream.encode(None))
        assert (container_format, '{"a": 1}') == (container_format, texts(made).get("comment"))


def test_the_comment_of_a_drawing_is_found_between_others():
    held = json.loads(texts(embedded.svg(TEXTS))["comment"])
    assert {name: json.loads(text) for name, text in TEXTS.items()} == held


@pytest.mark.parametrize("code", [b"ASCII\0\0\0", b"UNICODE\0", bytes(8)], ids=repr)
def test_a_users_comment_is_found_however_it_is_encoded(code):
    assert {"comment": '{"prompt": {}}'} == texts(embedded.jpeg(embedded.comment('{"prompt": {}}', code)))


def test_names_are_in_lower_case():
    assert {"workflow", "prompt"} == texts(embedded.webp({"Workflow": "{}", "PROMPT": "{}"})).keys()


@pytest.mark.parametrize("encoding", [0, 1, 2, 3])
def test_an_id3_tag_is_read_in_all_its_encodings(encoding):
    text = "prompt\0{}".encode(("latin-1", "utf-16", "utf-16-be", "utf-8")[encoding])
    body = bytes([encoding]) + text
    frame = b"TXXX" + struct.pack(">I", len(body)) + b"\0\0" + body
    assert {"prompt": "{}"} == texts(b"ID3\3\0\0" + bytes([0, 0, 0, len(frame) + 10]) + frame + bytes(10))


class Holes(io.RawIOBase):
    """Beginning and end of a file with nothing but zeros between, which counts the bytes that are read."""

    def __init__(self, start, hole, end):
        self.start, self.end, self.size = start, end, len(start) + hole + len(end)
        self.at = self.count = 0

    def seek(self, offset, whence=os.SEEK_SET):
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def read(self, size):
        size = min(size, self.size - self.at)
        place, self.at, self.count = self.at, self.at + size, self.count + size
        middle = self.size - len(self.end)
        if place >= middle:
            return self.end[place - middle : place - middle + size]
        return self.start[place : place + size].ljust(size, b"\0")


def movie(content):
    """The box of a video that says what is in it, with all that follows."""
    return content[content.index(b"moov") - 4 :]


GIANTS = {
    "a video of 100 GB with its tags behind it": lambda: Holes(
        embedded.box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"mdat", 16 + 10**11),
        10**11,
        movie(embedded.written_by_ffmpeg("mp4", TEXTS)),
    ),
    "a GLB of 4 GB": lambda: Holes(embedded.glb(TEXTS), 2**32, b""),
    "a model of 100 GB": lambda: Holes(embedded.safetensors(TEXTS), 10**11, b""),
    "a PNG with a picture of 2 GB": lambda: Holes(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31, b"IDAT"), 2**31 + 4, embedded.png(TEXTS)[8:]
    ),
}


@pytest.mark.parametrize("giant", GIANTS)
def test_a_file_of_any_size_costs_a_few_reads(giant):
    file = GIANTS[giant]()
    assert TEXTS.items() <= texts(file).items()
    assert file.count < 10_000


HOSTILE = {
    "a PNG that promises 2 GB": b"\x89PNG\r\n\x1a\n\x7f\xff\xff\xfftEXtprompt\0{",
    "a WebP with 4 GB of EXIF": b"RIFF\0\0\0\0WEBPEXIF\xff\xff\xff\xff",
    "an EXIF of 60 000 entries": b"RIFF\0\0\0\0WEBPEXIF\x0c\0\0\0II*\0\x08\0\0\0\x60\xea\0\0",
    "a safetensors header of 4 GB": b"\xff\xff\xff\xff\0\0\0\0{",
    "an Ogg of endless pages": b"OggS" + bytes(22) + b"\xff" + b"\xff" * 200,
    "a FLAC with a comment of 4 GB": b"fLaC\x84\0\0\x10" + bytes(4) + b"\1\0\0\0\xff\xff\xff\xff",
    "an ID3 tag of 256 MB": b"ID3\4\0\0\x7f\x7f\x7f\x7fTXXX",
    "a Matroska number of no length": b"\x1a\x45\xdf\xa3\0",
    "a box of no size": b"\0\0\0\0ftyp" + b"\0\0\0\4moov",
    "an EXR whose name never ends": b"\x76\x2f\x31\1\2\0\0\0" + b"a" * 300,
    "an AVIF without items": embedded.box(b"ftyp", b"avif") + embedded.box(b"meta", bytes(4)),
    "a GLB of no JSON": b"glTF\2\0\0\0\0\0\0\0\2\0\0\0JSON[]",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_lies_is_refused_in_one_line_or_has_no_texts(content):
    try:
        found = texts(content)
    except InputError as error:
        assert 1 == len(str(error).splitlines())
    else:
        assert not any(found.values())


def test_a_directory_that_claims_the_same_bytes_over_and_over_is_refused():
    entry = struct.pack("<HHII", 0x010F, 2, 60_000, 0)
    block = b"II*\0" + struct.pack("<IH", 8, 5000) + entry * 5000 + bytes(4)
    with pytest.raises(InputError, match="cut short"):
        texts(embedded.riff(b"WEBP", (b"EXIF", block)))


def test_a_file_of_endless_small_parts_is_given_up(monkeypatch):
    monkeypatch.setattr(Source, "spend", lambda self, size, spend=Source.spend: spend(self, size * 1000))
    empty = struct.pack(">I4sI", 0, b"tEXt", 0)
    with pytest.raises(InputError, match="more text than any workflow has"):
        texts(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sI", 0, b"abcd", 0) * 5000 + empty)


@pytest.mark.parametrize("kind", embedded.MADE)
def test_a_file_cut_anywhere_is_read_as_far_as_it_goes(kind):
    whole = embedded.MADE[kind](TEXTS)
    for end in range(len(whole)):
        file = io.BytesIO(whole[:end])
        row = containers.kind(file)
        if row is None:
            continue
        try:
            containers.texts(file, row)
        except InputError as error:
            assert 1 == len(str(error).splitlines())


def test_every_reader_has_a_row():
    assert set() == set(containers.READERS) - {row.id for row in containers.rows()}


@pytest.mark.parametrize(
    "start", [b'{"a": 1}', b" [1]", b"\xef\xbb\xbf{}", b"", b"prompt", bytes(64)], ids=repr
)
def test_json_and_anything_unknown_is_no_container(start):
    assert None is containers.kind(io.BytesIO(start))
