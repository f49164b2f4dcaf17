"""split-checkpoint: the parts of a checkpoint loaded apart, so that they can be lighter."""

from advising import case_of, offered
from prompts import checkpoint
from vram_forecast.estimator.advice.judge import better
from vram_forecast.estimator.advice.rules import split_checkpoint
from vram_forecast.estimator.workflow.graph import Link

ALL = checkpoint("flux1-dev-fp8.safetensors", cfg=1.0)
OLD = {"gpu": "rtx-4060", "ram": 16, "comfy": "0.3.75"}
SMALLER = "flux1-dev-Q4_K_S.gguf"


def test_each_output_gets_a_loader_of_its_own_and_the_checkpoint_goes():
    case = case_of(ALL, **OLD)
    after = case.after(offered(split_checkpoint, case)[SMALLER]).graph
    (model,), (clip,), (vae,) = map(after.of_type, ("UnetLoaderGGUF", "DualCLIPLoader", "VAELoader"))
    assert after.of_type("CheckpointLoaderSimple") == []
    assert after.nodes["8"].inputs["model"] == Link(model.id, 0)
    assert [after.nodes[key].inputs["clip"] for key in "56"] == [Link(clip.id, 0)] * 2
    assert after.nodes["9"].inputs["vae"] == Link(vae.id, 0)
    assert (model.inputs, vae.inputs) == ({"unet_name": SMALLER}, {"vae_name": "ae.safetensors"})
    assert clip.inputs["type"] == "flux"


def test_all_parts_that_are_not_there_are_downloads():
    change = offered(split_checkpoint, case_of(ALL, **OLD))[SMALLER]
    names = ["clip_l.safetensors", "t5xxl_fp8_e4m3fn_scaled.safetensors", "ae.safetensors"]
    assert [one.file for one in change.downloads] == [SMALLER, *names]


def test_it_comes_true_where_a_lighter_file_helps():
    case = case_of(ALL, **OLD)
    change = offered(split_checkpoint, case)[SMALLER]
    after = case.after(change).forecast
    assert (case.forecast.verdict, after.verdict) == ("disk", "streamed")
    assert better(after, case.forecast) and after.unknown == ()


def test_a_part_that_nothing_takes_gets_no_loader():
    case = case_of(
        ALL
        | {
            "3": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}},
            "9": {"class_type": "VAEDecode", "inputs": {"samples": ["8", 0], "vae": ["3", 0]}},
        },
        **OLD,
    )
    change = offered(split_checkpoint, case)[SMALLER]
    assert [one.id for one in case.after(change).graph.of_type("VAELoader")] == ["3"]


def test_a_family_whose_parts_are_not_published_is_left_alone():
    assert offered(split_checkpoint, case_of(checkpoint(side=2048), gpu="rtx-2060", ram=16)) == {}
