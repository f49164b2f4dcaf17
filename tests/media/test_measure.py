"""Pictures, videos and sounds measured by their headers, as ComfyUI would take them in."""

import builtins
import io
import struct
import sys
import zlib

import av
import embedded
import pytest
from PIL import Image
from vram_forecast.estimator import facts
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.media import Picture, Sound, Video, measure, measured

WIDE, TALL = (40, 20), (20, 40)


@pytest.fixture
def saved(tmp_path):
    """Writes bytes, and gives their path."""

    def save(content, name="a"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return save


def picture(kind, mode="RGB", frames=1, **options):
    """A picture in a format of Pillow's, of frames that differ."""
    made = io.BytesIO()
    first, *others = (Image.new(mode, WIDE, number) for number in range(frames))
    if others:
        options |= {"save_all": True, "append_images": others, "duration": 100}
    first.save(made, kind, **options)
    return made.getvalue()


def turned(orientation):
    """An EXIF block that turns a picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def moving(kind="mp4", codec="mpeg4", frames=30, rotation=0, sound=False):
    """A video at 24 frames a second, and half a second of silence with it."""
    made = io.BytesIO()
    with av.open(made, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if rotation:
            stream.set_display_rotation(rotation)
        other = container.add_stream("flac", rate=48000, layout="stereo") if sound else None
        for number in range(frames):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if other:
            silence(container, other, 24000)
    return made.getvalue()


def silence(container, stream, samples):
    """Encode a stretch of silence into a stream."""
    frame = av.AudioFrame(format="s16", layout="stereo", samples=samples)
    frame.sample_rate, frame.pts = 48000, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def quiet(kind, codec, samples=72000):
    """A file of nothing but silence."""
    made = io.BytesIO()
    with av.open(made, "w", format=kind) as container:
        silence(container, container.add_stream(codec, rate=48000, layout="stereo"), samples)
    return made.getvalue()


class TestPictures:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
    def test_the_sides_are_measured(self, saved, kind):
        assert Picture(*WIDE) == measure(saved(picture(kind)))

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
    @pytest.mark.parametrize(
        "orientation, sides", [(1, WIDE), (2, WIDE), (3, WIDE), (5, TALL), (6, TALL), (7, TALL), (8, TALL)]
    )
    def test_they_are_those_that_are_seen(self, saved, kind, orientation, sides):
        assert Picture(*sides) == measure(saved(picture(kind, exif=turned(orientation))))

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
    def test_the_frames_of_an_animation_are_counted(self, saved, kind):
        mode = "L" if kind == "GIF" else "RGB"
        frames = [Image.new(mode, WIDE, shade * 40) for shade in range(5)]
        made = io.BytesIO()
        frames[0].save(made, kind, save_all=True, append_images=frames[1:], duration=100)
        assert Picture(*WIDE, frames=5) == measure(saved(made.getvalue()))

    def test_a_gif_of_frames_without_end_is_given_up(self, saved, monkeypatch):
        monkeypatch.setitem(facts.table("containers")["limits"], "gif_blocks", 1000)
        content = picture("GIF")
        start = content.index(b",")
        with pytest.raises(InputError, match="more parts than any picture has"):
            measure(saved(content[:start] + content[start:-1] * 2000 + b";"))

    def test_of_the_pages_of_a_tiff_the_first_is_taken_in(self, saved):
        assert Picture(*WIDE) == measure(saved(picture("TIFF", frames=3)))

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
    def test_an_alpha_channel_is_seen(self, saved, kind):
        assert Picture(*WIDE, alpha=True) == measure(saved(picture(kind, "RGBA")))

    def test_a_colour_that_is_transparent_is_an_alpha_channel(self, saved):
        assert measure(saved(picture("PNG", "P", transparency=0))).alpha

    def test_a_picture_too_large_to_decode_is_measured_all_the_same(self, saved):
        head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 90_000, 8, 2, 0, 0, 0)
        idat = b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
        content = b"\x89PNG\r\n\x1a\n\0\0\0\x0d" + head + struct.pack(">I", zlib.crc32(head)) + idat
        assert Picture(100_000, 90_000) == measure(saved(content))


class TestVideos:
    @pytest.mark.parametrize(
        "kind, codec",
        [
            ("mp4", "mpeg4"),
            ("mov", "mpeg4"),
            ("matroska", "mpeg4"),
            ("webm", "libvpx-vp9"),
            ("avi", "mpeg4"),
            ("flv", "flv1"),
            ("asf", "mpeg4"),
        ],
    )
    def test_sides_frames_and_time_are_measured(self, saved, kind, codec):
        found = measure(saved(moving(kind, codec)))
        assert Video(64, 48, 30, 24.0, found.seconds, False) == found
        assert pytest.approx(1.25, abs=0.001) == found.seconds

    @pytest.mark.parametrize(
        "rotation, sides", [(0, (64, 48)), (90, (48, 64)), (180, (64, 48)), (-90, (48, 64))]
    )
    def test_a_video_that_is_shown_turned_has_its_sides_so(self, saved, rotation, sides):
        found = measure(saved(moving(rotation=rotation)))
        assert sides == (found.width, found.height)

    def test_its_sound_is_seen(self, saved):
        assert measure(saved(moving("matroska", sound=True))).has_audio

    def test_the_first_frame_of_what_pyav_decodes_has_these_sides(self, saved):
        path = saved(moving(rotation=90))
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
        sides = (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
        found = measure(path)
        assert sides == (found.width, found.height)


class TestSounds:
    @pytest.mark.parametrize("kind, codec", [("flac", "flac"), ("wav", "pcm_s16le"), ("aiff", "pcm_s16be")])
    def test_samples_rate_channels_and_time_are_measured(self, saved, kind, codec):
        assert Sound(72000, 48000, 2, 1.5) == measure(saved(quiet(kind, codec)))

    @pytest.mark.parametrize("kind", ["mp3", "opus"])
    def test_a_lossy_sound_is_as_long_but_for_its_padding(self, saved, kind):
        found = measure(saved(embedded.written_by_ffmpeg(kind, {})))
        assert (48000, 1) == (found.rate, found.channels)
        assert pytest.approx(4800, abs=2500) == found.samples


HOSTILE = {
    "nothing": b"",
    "text": b"{}",
    "a PNG of nothing": b"\x89PNG\r\n\x1a\n",
    "a PNG cut short": picture("PNG")[:20],
    "a JPEG cut short": picture("JPEG")[:200],
    "a WebP cut short": picture("WEBP")[:20],
    "an AVIF cut short": picture("AVIF")[:100],
    "a GIF of nothing": b"GIF89a",
    "a TIFF whose directory is elsewhere": b"II*\0\xff\xff\xff\x7f",
    "a video cut short": moving()[:200],
    "a video of nothing": b"\0\0\0\x18ftypisom",
    "a Matroska of noise": b"\x1a\x45\xdf\xa3" + bytes(range(200)),
    "a WAV of nothing": b"RIFF\0\0\0\0WAVE",
    "a playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "a list of files": b"ffconcat version 1.0\nfile 'a.mp4'\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_measured_is_refused_in_one_line(saved, content, recwarn):
    path = saved(content, "a.mp4")
    with pytest.raises(InputError) as error:
        measure(path)
    assert str(error.value).startswith(f"{path}: ")
    assert 1 == len(str(error.value).splitlines())
    assert [] == list(recwarn)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        measure(tmp_path / "none.png")


def test_a_file_is_measured_again_once_it_has_changed(saved):
    assert Picture(*WIDE) == measure(saved(picture("PNG")))
    made = io.BytesIO()
    Image.new("RGB", (70, 80)).save(made, "PNG")
    assert Picture(70, 80) == measure(saved(made.getvalue()))


@pytest.mark.parametrize(
    "content, name", [(picture("PNG"), "pillow"), (moving(), "av")], ids=["Pillow", "PyAV"]
)
def test_without_its_reader_a_file_is_unknown_and_says_what_to_install(saved, monkeypatch, content, name):
    measured.cache_clear()
    gone = {"pillow": "PIL", "av": "av"}[name]
    for module in [one for one in sys.modules if one.split(".")[0] == gone]:
        monkeypatch.delitem(sys.modules, module)

    def denied(module, *arguments, real=builtins.__import__, **options):
        if module.split(".")[0] == gone:
            raise ImportError(module)
        return real(module, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", denied)
    with pytest.raises(InputError, match=f"pip install -U {name}"):
        measure(saved(content))
