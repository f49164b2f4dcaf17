"""vae-type: a VAE that runs in 32 bits is run in 16."""

from advising import case_of, kept_promises, offered
from prompts import checkpoint, flux, wan
from vram_forecast.estimator.advice.rules import vae_type
from vram_forecast.estimator.workflow.graph import Link

OLD = {"gpu": "rtx-2060", "ram": 32}


def test_fluxs_vae_runs_in_f16_by_a_flag():
    case = case_of(flux(1536, 1536), gpu="rtx-2060", ram=64)
    (change,) = vae_type.changes(case)
    assert change.title == "Start ComfyUI with --fp16-vae"
    assert (change.edits, change.downloads) == ((), ())
    assert case.after(change).machine.policy.has("--fp16-vae")


def test_sdxl_also_gets_a_file_that_bears_it():
    case = case_of(checkpoint(side=1536), **OLD)
    (change,) = kept_promises(vae_type, case)
    after = case.after(change).graph
    (loader,) = after.of_type("VAELoader")
    assert loader.inputs == {"vae_name": "sdxl.vae.safetensors"}
    assert after.nodes["9"].inputs["vae"] == Link(loader.id, 0)
    assert [one.file for one in change.downloads] == ["sdxl.vae.safetensors"]
    assert change.title == "Load sdxl.vae.safetensors as the VAE and start ComfyUI with --fp16-vae"


def test_a_vae_loader_only_names_the_other_file():
    prompt = checkpoint(side=1536)
    prompt["3"] = {"class_type": "VAELoader", "inputs": {"vae_name": "sdxl_vae.safetensors"}}
    prompt["9"]["inputs"]["vae"] = ["3", 0]
    (change,) = vae_type.changes(case_of(prompt, **OLD))
    assert [(one.op, one.node, one.value) for one in change.edits] == [("set", "3", "sdxl.vae.safetensors")]


def test_decoding_takes_half_of_the_memory():
    case = case_of(checkpoint(side=1024), **OLD)
    (change,) = vae_type.changes(case)

    def decode(forecast):
        return next(step.activations.best for step in forecast.steps if step.kind == "decode")

    assert decode(case.after(change).forecast) == decode(case.forecast) / 2


def test_vaes_that_run_in_16_bits_by_themselves_are_left_alone():
    assert offered(vae_type, case_of(flux(), gpu="rtx-3060-12gb")) == {}
    assert offered(vae_type, case_of(wan(), gpu="rtx-2060")) == {}


def test_a_flag_that_says_otherwise_is_left_out_and_that_is_said():
    case = case_of(flux(1536, 1536), gpu="rtx-2060", ram=64, flags="--fp32-vae")
    (change,) = vae_type.changes(case)
    assert change.title == "Start ComfyUI with --fp16-vae and without --fp32-vae"
    assert not case.after(change).machine.policy.has("--fp32-vae")
