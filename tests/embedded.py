"""Small files of every kind that ComfyUI and its packs put texts into, as their writers lay them out."""

import io
import json
import struct
import zlib

VIDEOS = ("mp4", "mov", "mkv", "webm")
WRITTEN_BY_FFMPEG = {
    "mp4": ("mp4", "mpeg4", {"movflags": "use_metadata_tags"}),
    "mov": ("mov", "mpeg4", {"movflags": "use_metadata_tags"}),
    "mkv": ("matroska", "mpeg4", {}),
    "webm": ("webm", "libvpx-vp9", {}),
    "flac": ("flac", "flac", {}),
    "opus": ("opus", "libopus", {}),
    "mp3": ("mp3", "libmp3lame", {}),
}


def png(texts, kind=b"tEXt"):
    """A PNG of one pixel; `comf` chunks follow the picture, as in ComfyUI's animations."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    held = b"".join(chunk(kind, name.encode() + b"\0" + text.encode()) for name, text in texts.items())
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    picture = chunk(b"IDAT", zlib.compress(b"\0\0"))
    inside = picture + held if kind == b"comf" else held + picture
    return head + inside + chunk(b"IEND", b"")


def exif(texts, order="<"):
    """An EXIF block with a text `name:value` in each of ComfyUI's tags, counting down from 0x0110."""
    values = [f"{name}:{text}".encode() + b"\0" for name, text in texts.items()]
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(values))
    at = 10 + 12 * len(values) + 4
    for number, value in reversed(list(enumerate(values))):
        place = at + sum(map(len, values[:number]))
        block += struct.pack(f"{order}HHII", 0x0110 - number, 2, len(value), place)
    return block + bytes(4) + b"".join(values)


def comment(text, code=b"ASCII\0\0\0"):
    """An EXIF block with a user's comment, which lies in a directory of its own."""
    value = code + (text.encode("utf-16-be") if code.startswith(b"UNICODE") else text.encode())
    inner = struct.pack("<HHHII", 1, 0x9286, 7, len(value), 44) + bytes(4)
    return b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x8769, 4, 1, 26) + bytes(4) + inner + value


def riff(kind, *chunks):
    """A RIFF file: odd chunks are padded."""
    body = b"".join(name + struct.pack("<I", len(one)) + one + bytes(len(one) % 2) for name, one in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + kind + body


def webp(texts):
    """A WebP whose picture is nothing but a chunk."""
    return riff(b"WEBP", (b"VP8X", bytes(10)), (b"VP8 ", b"abc"), (b"EXIF", exif(texts)))


def jpeg(block):
    """A JPEG with an EXIF block."""
    body = b"Exif\0\0" + block
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + b"\xff\xda\0\2"


def box(kind, *bodies):
    """A box of an ISO base media file."""
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + kind + body


def avif(texts):
    """An AVIF whose one item is an EXIF block."""
    block = struct.pack(">I", 0) + exif(texts, ">")
    start = box(b"ftyp", b"avif\0\0\0\0avif")

    def meta(place):
        entry = box(b"infe", b"\2\0\0\0", struct.pack(">HH", 1, 0), b"Exif\0")
        iinf = box(b"iinf", bytes(4), struct.pack(">H", 1), entry)
        item = struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, place, len(block))
        return box(b"meta", bytes(4), iinf, box(b"iloc", bytes(4), item))

    place = len(start) + len(meta(0)) + 8
    return start + meta(place) + box(b"mdat", block)


def exr(texts):
    """The header of an EXR, with an attribute that is no text first."""
    held = b"".join(
        name.encode() + b"\0string\0" + struct.pack("<i", len(text.encode())) + text.encode()
        for name, text in texts.items()
    )
    return b"\x76\x2f\x31\1\2\0\0\0compression\0compression\0\1\0\0\0\3" + held + b"\0"


def glb(texts):
    """A GLB with an empty scene."""
    body = json.dumps({"asset": {"version": "2.0", "extras": texts}, "nodes": [{"mesh": 0}]}).encode()
    body += b" " * (-len(body) % 4)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(body), len(body), 0x4E4F534A) + body


def safetensors(texts):
    """A latent."""
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    header = json.dumps({"__metadata__": texts, "latent_tensor": entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


def svg(texts):
    """A drawing that had metadata of its own before ComfyUI added some."""
    held = json.dumps({name: json.loads(text) for name, text in texts.items()}, indent=2)
    return f"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg">
  <metadata>
    <![CDATA[
{held}
    ]]>
  </metadata>
  <metadata><rdf/></metadata><rect/></svg>""".encode()


def written_by_ffmpeg(kind, texts):
    """A tenth of a second of grey, or of silence, with tags as ComfyUI has PyAV write them."""
    import av

    container_format, codec, options = WRITTEN_BY_FFMPEG[kind]
    made = io.BytesIO()
    with av.open(made, "w", format=container_format, options=options) as container:
        for name, text in texts.items():
            container.metadata[name] = text
        if kind in VIDEOS:
            stream = container.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
            frame = av.VideoFrame(32, 16, "yuv420p")
        else:
            stream = container.add_stream(codec, rate=48000, layout="mono")
            frame = av.AudioFrame(format="flt", layout="mono", samples=4800)
            frame.sample_rate = 48000
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return made.getvalue()


MADE = {
    "png": png,
    "animated png": lambda texts: png(texts, b"comf"),
    "webp": webp,
    "jpeg": lambda texts: jpeg(exif(texts)),
    "avif": avif,
    "exr": exr,
    "glb": glb,
    "latent": safetensors,
    "svg": svg,
}
