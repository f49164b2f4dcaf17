"""3D nodes: points, the pictures that shape them, and what decodes them."""

import pytest
from at_work import image, node, sides, vae, whole, work


def test_points_are_a_latent_of_one_dimension():
    assert sides(work("EmptyLatentHunyuan3Dv2", resolution=3072, batch_size=2)[0][0]) == (2, 1, 1, 3072)


@pytest.mark.parametrize("views", [("front",), ("front", "left", "back")])
def test_each_view_is_1370_tokens(views):
    seen = node("CLIPVisionEncode", crop="none")
    gives, _ = work("Hunyuan3Dv2ConditioningMultiView", dict.fromkeys(views, seen))
    assert [one.tokens for one in gives] == [1370 * len(views)] * 2


def test_a_grid_of_voxels_takes_four_bytes_a_point():
    prompt = {
        "1": node("ImageOnlyCheckpointLoader", ckpt_name="hunyuan3d-dit-v2_fp16.safetensors"),
        "2": node("EmptyLatentHunyuan3Dv2", resolution=3072, batch_size=1),
        "3": node(
            "VAEDecodeHunyuan3D", samples=["2", 0], vae=["1", 2], num_chunks=8000, octree_resolution=256
        ),
    }
    _, (step,) = whole(prompt, "3")
    assert (step.law, sides(step.shape), step.shape.text_tokens) == ("decode", (1, 1, 257 * 257, 257), 3072)
    assert step.output == 257**3 * 4


def test_a_splat_is_shaped_by_a_picture_in_two_senses():
    inputs = {
        "clip_vision": node("CLIPVisionLoader", clip_name="dino_v3_vit_h.safetensors"),
        "vae": vae("flux2-vae.safetensors"),
        "image": image(1, 1024, 1024),
    }
    gives, steps = work("TripoSplatConditioning", inputs)
    assert gives[0].tokens == 64 * 64 + 5
    assert sides(gives[2]) == (1, 1, 1, 8192)
    assert [(step.law, sides(step.shape)[2:]) for step in steps if step.law == "encode"] == [
        ("encode", (64, 64))
    ]


def test_a_splat_is_drawn_as_frames():
    gives, _ = work("RenderSplat", width=640, height=480, frames=9)
    assert [(one.count, one.height, one.width, one.channels) for one in gives] == [
        (9, 480, 640, 3),
        (9, 480, 640, 1),
    ]
