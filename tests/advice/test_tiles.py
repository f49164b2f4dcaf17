"""tiled-decode and tiled-encode: the largest tiles that fit, and what is left alone."""

import pytest
from advising import case_of, from_picture, kept_promises, written
from prompts import checkpoint, flux, node, wan
from vram_forecast.estimator.advice.rules import tiled_decode, tiled_encode


def step_of(case, node_id):
    return next(one for one in case.forecast.steps if one.node == node_id)


def calm(step):
    return step.verdict == "resident" and not step.tight and not step.tiled


def decoded_in(prompt, side, **where):
    """The decode (node 9) of a prompt in tiles of a size."""
    tiled = prompt["9"]["inputs"] | {"tile_size": side, "overlap": 64, "temporal_size": 84}
    return step_of(case_of(prompt | {"9": node("VAEDecodeTiled", **tiled)}, **where), "9")


@pytest.mark.parametrize("comfy", ["0.33.0", "0.3.75"])
@pytest.mark.parametrize(
    ("prompt", "gpu"), [(checkpoint(side=2048), "rtx-4060"), (flux(4096, 4096), "rtx-3060-12gb")]
)
def test_a_decode_that_does_not_fit_gets_the_largest_tiles_that_do(prompt, gpu, comfy):
    case = case_of(prompt, gpu=gpu, comfy=comfy)
    assert not calm(step_of(case, "9"))
    (change,) = kept_promises(tiled_decode, case)
    after, side = case.after(change), change.edits[0].inputs["tile_size"]
    assert calm(step_of(after, "9"))
    assert not calm(decoded_in(prompt, side + 64, gpu=gpu, comfy=comfy))
    assert change.title == f"Decode in tiles of {side} pixels"


def test_the_decoder_keeps_its_latent_and_its_vae():
    case = case_of(checkpoint(side=2048), gpu="rtx-4060")
    (change,) = tiled_decode.changes(case)
    new, old = case.after(change).graph.nodes["9"], case.graph.nodes["9"]
    assert new.class_type == "VAEDecodeTiled"
    assert {name: new.inputs[name] for name in old.inputs} == old.inputs
    assert new.inputs["overlap"] == 64


def test_all_frames_of_a_video_stay_together():
    case = case_of(wan(1280, 720), gpu="rtx-2060")
    (change,) = tiled_decode.changes(case)
    assert change.edits[0].inputs["temporal_size"] >= 81
    assert "frames" not in change.title
    assert calm(step_of(case.after(change), "9"))


def test_tiles_that_are_too_large_get_smaller_and_frames_stay_as_they_are_cut():
    prompt = checkpoint(side=4096)
    widgets = {"tile_size": 4096, "overlap": 128, "temporal_size": 64, "temporal_overlap": 8}
    case = case_of(prompt | {"9": node("VAEDecodeTiled", **prompt["9"]["inputs"], **widgets)}, gpu="rtx-4060")
    (change,) = kept_promises(tiled_decode, case)
    assert list(written(change)) == [("9", "tile_size")]


def test_two_decoders_that_do_the_same_are_both_changed():
    prompt = checkpoint(side=2048)
    prompt |= {"19": prompt["9"], "20": node("PreviewImage", images=["19", 0])}
    (change,) = kept_promises(tiled_decode, case_of(prompt, gpu="rtx-4060"))
    assert {one.node for one in change.edits} == {"9", "19"}


def test_a_decode_that_fits_is_left_whole():
    assert not list(tiled_decode.changes(case_of(checkpoint(), gpu="rtx-4090")))
    assert not list(tiled_decode.changes(case_of(flux(), gpu="rtx-5090")))


def test_a_vae_that_takes_no_notice_of_tiles_is_left_alone():
    # MiniMax H3's VAE works in tiles of 256 pixels whatever it is asked for.
    vae = node("VAELoader", vae_name="minimax_h3_video_vae_fp16.safetensors")
    for loader, offers in ((vae, 0), (wan()["3"], 1)):
        case = case_of(wan(1280, 720) | {"3": loader}, vram=2)
        assert not calm(step_of(case, "9"))
        assert len(list(tiled_decode.changes(case))) == offers


def test_an_encode_that_does_not_fit_gets_the_largest_tiles_that_do():
    prompt = from_picture(checkpoint())
    case = case_of(prompt, gpu="rtx-4060")
    assert not calm(step_of(case, "31"))
    (change,) = tiled_encode.changes(case)
    (edit,) = change.edits
    assert (edit.op, edit.node, edit.class_type) == ("replace", "31", "VAEEncodeTiled")
    after = case.after(change)
    assert calm(step_of(after, "31"))
    assert after.graph.nodes["31"].inputs["pixels"] == case.graph.nodes["31"].inputs["pixels"]
    assert after.forecast.seconds.best < case.forecast.seconds.best
    assert not list(tiled_encode.changes(case_of(prompt, gpu="rtx-5090")))
