"""The size of videos and sounds, by PyAV."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, BinaryIO

from .. import facts
from ..containers import Broken, Container, Source
from ..containers.boxes import turned
from ..errors import InputError

Size = tuple[int, int, int, float, float, bool] | tuple[int, int, int, float]


def size(file: BinaryIO, row: Container) -> Size:
    """The fields of a `Video`, or of a `Sound` where a file has no moving picture."""
    quarter = False
    if row.id == "isobmff":
        with suppress(Broken):
            quarter = turned(Source(file))
    try:
        import av
    except ImportError:
        raise InputError(
            f"{row.says}, which needs PyAV to be measured", do="Run `python -m pip install -U av`."
        ) from None
    try:
        file.seek(0)
        # The demuxer is named: left to itself FFmpeg would follow a list of other files or addresses.
        with av.open(
            file,
            format=row.ffmpeg,
            metadata_errors="replace",
            options={"probesize": str(facts.table("containers")["limits"]["probed_bytes"])},
        ) as container:
            return video(container, quarter) or sound(container)
    except Exception:  # whatever FFmpeg makes of a file that is none of its own
        raise InputError(f"{row.says}, but not readable", do="Save it again.") from None


def video(container: Any, quarter: bool) -> tuple[int, int, int, float, float, bool] | None:
    """The first moving picture: none of them is a sound's cover."""
    import av

    cover = av.stream.Disposition.attached_pic
    stream = next((one for one in container.streams.video if not one.disposition & cover), None)
    if stream is None or stream.codec_context is None:
        return None
    sides = stream.codec_context.width, stream.codec_context.height
    if not all(sides):
        raise ValueError("no sides")
    length = seconds(container, stream)
    fps = float(stream.average_rate or stream.guessed_rate or 1)
    frames = stream.frames or max(round(length * fps), 1)
    width, height = reversed(sides) if quarter else sides
    return width, height, frames, fps, length or frames / fps, bool(container.streams.audio)


def sound(container: Any) -> tuple[int, int, int, float]:
    """The first sound."""
    stream = container.streams.audio[0]
    rate, length = stream.codec_context.sample_rate, seconds(container, stream)
    return round(length * rate), rate, stream.codec_context.channels, length


def seconds(container: Any, stream: Any) -> float:
    """How long a stream takes, by itself or by its container; 0 where neither says."""
    import av

    if stream.duration and stream.time_base:
        return max(float(stream.duration * stream.time_base), 0.0)
    return max((container.duration or 0) / av.time_base, 0.0)
