"""smaller-batch: as many pictures at a time as run, and the same number in all."""

from advising import case_of, kept_promises, offered, written
from prompts import checkpoint, flux, node, wan
from vram_forecast.estimator.advice.rules import smaller_batch


def test_the_largest_batch_that_divides_it_and_runs_is_offered():
    case = case_of(flux(2048, 2048, batch=8), gpu="rtx-2060")
    (change, *_) = kept_promises(smaller_batch, case)
    assert written(change) == {("4", "batch_size"): 4}
    assert change.title == "Make 4 pictures at a time instead of 8"
    assert change.effects == ("queue it 2 times for as many",)
    assert smaller_batch.APPLICABILITY == "lossless"


def test_one_picture_is_as_few_as_it_gets():
    assert offered(smaller_batch, case_of(flux(4096, 4096), gpu="rtx-2060", comfy="0.3.75")) == {}


def test_the_frames_of_a_video_are_no_batch():
    assert offered(smaller_batch, case_of(wan(1280, 720), gpu="rtx-2060")) == {}


def test_a_batch_that_runs_well_stays():
    assert offered(smaller_batch, case_of(checkpoint(batch=4), gpu="rtx-4090")) == {}


def test_a_node_that_works_through_all_pictures_anyway_is_not_queued_again():
    poses = {
        "1": checkpoint(name="sdpose_wholebody_fp16.safetensors")["1"],
        "2": node("EmptyImage", width=768, height=1024, batch_size=128, color=0),
        "3": node("SDPoseKeypointExtractor", model=["1", 0], vae=["1", 2], image=["2", 0], batch_size=64),
        "4": node("SDPoseDrawKeypoints", keypoints=["3", 0]),
        "5": node("SaveImage", images=["4", 0], filename_prefix="x"),
    }
    (change, *_) = kept_promises(smaller_batch, case_of(poses, gpu="rtx-2060", comfy="0.3.75"))
    assert (change.effects, change.quality) == ((), "the same")
