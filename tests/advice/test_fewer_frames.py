"""fewer-frames: the most frames that run, in the model's own steps, wherever their number is written."""

import pytest
from advising import case_of, kept_promises, offered, written
from prompts import checkpoint, node, wan
from vram_forecast.estimator.advice.rules import fewer_frames

SMALL = {"gpu": "rtx-2060"}
SECONDS = {
    "50": node("PrimitiveFloat", value=5),
    "51": node("PrimitiveInt", value=16),
    "52": node(
        "ComfyMathExpression", expression="a * b + 1", **{"values.a": ["50", 0], "values.b": ["51", 0]}
    ),
}


def length(prompt, link):
    """A prompt whose number of frames comes over a link; its rate of frames too."""
    given = prompt["4"]["inputs"] | {"length": link}
    video = prompt["10"]["inputs"] | {"fps": ["51", 0]}
    return (
        prompt
        | SECONDS
        | {
            "4": prompt["4"] | {"inputs": given},
            "10": prompt["10"] | {"inputs": video},
        }
    )


@pytest.mark.parametrize("frames", [81, 121, 161])
def test_the_most_frames_that_run_come_first_then_those_that_run_well(frames):
    case = case_of(wan(1280, 720, frames), gpu="rtx-4060")
    found = kept_promises(fewer_frames, case)
    counts = [written(one)["4", "length"] for one in found]
    assert all(count % 4 == 1 and count < frames for count in counts)
    assert counts == sorted(counts, reverse=True)
    assert found[0].title == f"Make {counts[0]} frames instead of {frames}"


def test_no_frame_more_would_run():
    case = case_of(wan(1280, 720), **SMALL)
    (change, *_) = kept_promises(fewer_frames, case)
    count = written(change)["4", "length"]
    assert case_of(wan(1280, 720, count), **SMALL).forecast.verdict == "streamed"
    assert case_of(wan(1280, 720, count + 4), **SMALL).forecast.verdict == "oom"


def test_behind_a_duration_it_is_fewer_seconds_and_never_another_rate():
    found = kept_promises(fewer_frames, case_of(length(wan(1280, 720), ["52", 1]), **SMALL))
    assert {key for one in found for key in written(one)} == {("50", "value")}
    assert found[0].title == "Make 3.5 seconds instead of 5"
    assert found[0].quality == "57 frames instead of 81, each as good"


def test_a_sound_of_as_many_frames_follows():
    prompt = wan(1280, 720) | {
        "40": node("LTXVEmptyLatentAudio", frames_number=81, frame_rate=16, batch_size=1)
    }
    (first, *_) = fewer_frames.changes(case_of(prompt, **SMALL))
    assert written(first)["40", "frames_number"] == written(first)["4", "length"]


def test_pictures_have_no_frames_to_give():
    assert offered(fewer_frames, case_of(checkpoint(side=2048, batch=16), gpu="rtx-4060")) == {}


def test_a_video_that_runs_well_stays_as_long_as_it_is():
    assert offered(fewer_frames, case_of(wan(), gpu="rtx-4090")) == {}
