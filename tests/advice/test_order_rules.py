"""Rules about what the graph loads and where: what they change, what they leave, and that it helps."""

import pytest
from advising import case_of, comes_true, helping, offered, prompt_after
from prompts import checkpoint, flux, node
from vram_forecast.estimator.advice.rules import (
    block_swap,
    drop_unused,
    encoder_cpu,
    no_compile,
    unload_between,
)

GEMMA = "gemma_3_12B_it_fp8_scaled.safetensors"
LEGACY = {"gpu": "rtx-3060-12gb", "comfy": "0.8.0"}


def with_encoder(**loader):
    """A picture whose prompt a large encoder reads."""
    kind = loader.pop("loader", "CLIPLoader")
    found = flux(unet="z_image_turbo_bf16.safetensors")
    found["2"] = node(kind, **{"clip_name": GEMMA, "type": "ltxv", "device": "default"} | loader)
    return found


def test_an_encoder_that_fails_on_the_card_runs_on_the_processor():
    prompt = with_encoder()
    here = case_of(prompt, **LEGACY)
    assert here.forecast.where.kind == "encode_text" and here.forecast.verdict == "oom"
    (one,) = helping(encoder_cpu, here).values()
    assert prompt_after(one, here) == with_encoder(device="cpu") | {}
    assert comes_true(one, here)


def test_an_encoder_of_a_subgraph_is_named_by_its_id():
    prompt = {f"57:{key}" if key == "2" else key: one for key, one in with_encoder().items()}
    prompt["5"]["inputs"]["clip"] = ["57:2", 0]
    (one,) = offered(encoder_cpu, case_of(prompt, **LEGACY)).values()
    assert [edit.node for edit in one.edits] == ["57:2"]


@pytest.mark.parametrize(
    "prompt, where",
    [
        (with_encoder(device="cpu"), LEGACY),
        (flux(), {"gpu": "rtx-4090", "ram": 64}),
        (flux(), {"gpu": "rtx-4060", "ram": 64}),
        (flux(), {"gpu": "apple-m2-max", "ram": 16}),
        (flux(), {"gpu": "rtx-3060-12gb", "flags": "--cpu"}),
    ],
    ids=["there already", "nothing wrong", "weights stream", "one memory", "all on the processor"],
)
def test_encoders_in_nobodys_way_stay_where_they_are(prompt, where):
    assert offered(encoder_cpu, case_of(prompt, **where)) == {}


def test_a_loader_without_the_widget_is_left_to_a_flag_on_the_legacy_path():
    prompt = with_encoder(loader="CLIPLoaderMultiGPU", device="cuda:0")
    (one,) = helping(encoder_cpu, case_of(prompt, **LEGACY)).values()
    assert one.title == "Start ComfyUI with --lowvram"
    assert one.applicability == "manual" and one.edits == ()
    new = case_of(prompt, gpu="gtx-1650", ram=16)
    assert new.machine.policy.dynamic_vram
    assert offered(encoder_cpu, new) == {}


def controlled(*strengths):
    """A picture with ControlNets one behind the other, of these strengths."""
    found = checkpoint()
    before = {"positive": ["5", 0], "negative": ["6", 0]}
    for number, strength in enumerate(strengths):
        loader, key = f"3{number}", f"4{number}"
        found[loader] = node(
            "ControlNetLoader", control_net_name="controlnet-canny-sdxl-1.0_fp16.safetensors"
        )
        found[key] = node(
            "ControlNetApplyAdvanced", **before, control_net=[loader, 0], image=["50", 0],
            strength=strength, start_percent=0.0, end_percent=1.0,
        )  # fmt: skip
        before = {"positive": [key, 0], "negative": [key, 1]}
    found["50"] = node("EmptyImage", width=1024, height=1024, batch_size=1, color=0)
    found["8"]["inputs"] |= before
    return found


def test_controlnets_without_strength_are_taken_out_of_the_chain():
    here = case_of(controlled(0.0, 0.7, 0), gpu="rtx-2060", comfy="0.3.75")
    (one,) = offered(drop_unused, here).values()
    assert one.title == (
        "Remove what has strength 0: ControlNetApplyAdvanced (node 42), ControlNetApplyAdvanced (node 40)"
    )
    after = prompt_after(one, here)
    assert "40" not in after and "42" not in after
    assert after["41"]["inputs"]["positive"] == ["5", 0]
    assert after["8"]["inputs"]["negative"] == ["41", 1]
    assert comes_true(one, here)


def test_a_chain_of_idle_controlnets_goes_as_a_whole():
    here = case_of(controlled(0, 0), gpu="rtx-2060", comfy="0.3.75", ram=16)
    (one,) = offered(drop_unused, here).values()
    assert prompt_after(one, here)["8"]["inputs"]["positive"] == ["5", 0]
    after = here.after(one)
    assert not any(one.role == "controlnet" for one in after.loaded.values())
    assert after.forecast.ram_peak.best < here.forecast.ram_peak.best


def test_an_idle_controlnet_is_in_no_pass_before_it_is_removed_either():
    idle, active = case_of(controlled(0), vram=8), case_of(controlled(0.5), vram=8)
    names = [
        {len(step.components) for step in one.forecast.steps if step.kind == "sample"}
        for one in (idle, active)
    ]
    assert names == [{1}, {2}]


@pytest.mark.parametrize("strength", [0.5, ["60", 0]], ids=["a number", "a link"])
def test_controlnets_that_do_something_stay(strength):
    prompt = controlled(strength) | {"60": node("PrimitiveFloat", value=0.0)}
    assert offered(drop_unused, case_of(prompt, vram=8)) == {}


def test_a_file_in_two_types_is_loaded_once():
    prompt = flux() | {"11": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="fp8_e4m3fn")}
    prompt["12"] = node("KSampler", **prompt["8"]["inputs"] | {"model": ["11", 0], "latent_image": ["8", 0]})
    prompt["9"]["inputs"]["samples"] = ["12", 0]
    here = case_of(prompt, gpu="rtx-4090", ram=32, comfy="0.3.75")
    (one,) = offered(drop_unused, here).values()
    assert one.title == "Load flux1-dev.safetensors in one type (weight_dtype default)"
    (edit,) = one.edits
    assert (edit.op, edit.node, edit.input, edit.value) == ("set", "11", "weight_dtype", "default")
    prompt["11"]["inputs"]["weight_dtype"] = "default"
    assert offered(drop_unused, case_of(prompt, gpu="rtx-4090", ram=32, comfy="0.3.75")) == {}


def compiled(kind="TorchCompileModel", **widgets):
    """A model that torch compiles."""
    found = flux()
    found["7"] = node(kind, model=["1", 0], backend="inductor", **widgets)
    found["8"]["inputs"]["model"] = ["7", 0]
    return found


def test_a_compiled_model_is_given_back_to_dynamic_vram():
    here = case_of(compiled(), gpu="rtx-4080", ram=16)
    (one,) = helping(no_compile, here).values()
    assert one.title == "Remove TorchCompileModel (node 7)"
    assert prompt_after(one, here) == flux()
    assert comes_true(one, here)
    assert "torch.compile" in one.effects[0]


def test_a_switch_is_turned_rather_than_the_node_removed():
    on = compiled("TorchCompileModelAdvanced", disable_dynamic_vram=True)
    here = case_of(on, gpu="rtx-4080", ram=16)
    (one,) = helping(no_compile, here).values()
    assert one.title == "Turn disable_dynamic_vram off in TorchCompileModelAdvanced (node 7)"
    assert prompt_after(one, here) == compiled("TorchCompileModelAdvanced", disable_dynamic_vram=False)
    assert offered(no_compile, case_of(prompt_after(one, here), gpu="rtx-4080", ram=16)) == {}


@pytest.mark.parametrize("where", [{"comfy": "0.3.75"}, {"gpu": "rx-7900-xt"}, {"flags": "--highvram"}])
def test_compiling_is_left_alone_where_dynamic_vram_is_off(where):
    assert offered(no_compile, case_of(compiled(), **{"gpu": "rtx-4080"} | where)) == {}


def wrapped(**loader):
    """A short video by WanVideoWrapper."""
    model = "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors"
    sampler = {"steps": 4, "cfg": 1.0, "denoise_strength": 1.0, "start_step": 0, "end_step": -1}
    return {
        "57:1": node(
            "WanVideoModelLoader", model=model, quantization="disabled", base_precision="bf16", **loader
        ),
        "2": node("LoadWanVideoT5TextEncoder", model_name="umt5_xxl_fp8_e4m3fn_scaled.safetensors"),
        "3": node("WanVideoVAELoader", model_name="wan_2.1_vae.safetensors", precision="bf16"),
        "4": node("WanVideoTextEncode", t5=["2", 0], positive_prompt="a tower", negative_prompt="static"),
        "5": node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=17),
        "8": node(
            "WanVideoSampler",
            model=["57:1", 0],
            image_embeds=["5", 0],
            text_embeds=["4", 0],
            batched_cfg=False,
            **sampler,
        ),
        "9": node("WanVideoDecode", vae=["3", 0], samples=["8", 0], enable_vae_tiling=False),
        "10": node("VHS_VideoCombine", images=["9", 0], frame_rate=16),
    }


def test_as_many_blocks_are_swapped_as_find_no_room():
    here = case_of(wrapped(), gpu="rtx-3060-12gb")
    assert here.forecast.verdict == "oom"
    (one,) = helping(block_swap, here).values()
    count = int(one.choice)
    assert one.title == f"Swap {count} blocks of the model (WanVideoBlockSwap)" and 5 < count < 20
    after = prompt_after(one, here)
    assert after["57:2"]["class_type"] == "WanVideoBlockSwap"
    assert after["57:2"]["inputs"]["blocks_to_swap"] == count
    assert after["57:1"]["inputs"]["block_swap_args"] == ["57:2", 0]
    assert comes_true(one, here)


def test_fewer_blocks_are_swapped_on_a_larger_card():
    counts = [
        int(next(block_swap.changes(case_of(wrapped(), gpu=gpu))).choice)
        for gpu in ("rtx-2060", "rtx-3060-12gb")
    ]
    assert counts[0] > counts[1]


def test_blocks_that_are_swapped_already_or_fit_are_left_alone():
    swapped = wrapped(block_swap_args=["6", 0]) | {"6": node("WanVideoBlockSwap", blocks_to_swap=2)}
    assert offered(block_swap, case_of(swapped, gpu="rtx-2060")) == {}
    assert offered(block_swap, case_of(wrapped(), gpu="rtx-4090")) == {}
    assert offered(block_swap, case_of(flux(), gpu="rtx-2060", ram=16)) == {}


def test_models_leave_the_card_between_stages_where_a_decode_is_tight_beside_them():
    here = case_of(flux(dtype="fp8_e4m3fn"), gpu="rx-7900-xt")
    assert [step.kind for step in here.forecast.steps if step.tight] == ["decode"]
    (one,) = helping(unload_between, here).values()
    assert one.title == "Start ComfyUI with --disable-smart-memory"
    assert not here.after(one).forecast.tight
    assert comes_true(one, here)


@pytest.mark.parametrize(
    "where",
    [
        {"gpu": "rtx-3060-12gb"},
        {"gpu": "apple-m1", "ram": 16},
        {"gpu": "rx-7900-xt", "flags": "--highvram"},
        {"gpu": "rx-7900-xt", "flags": "--disable-smart-memory"},
    ],
    ids=["weights give way", "one memory", "models are held", "they leave already"],
)
def test_models_stay_where_leaving_does_nothing(where):
    assert offered(unload_between, case_of(flux(dtype="fp8_e4m3fn"), **where)) == {}


def test_each_kind_of_compiling_node_is_said_for_what_is_done_with_it():
    both = compiled("TorchCompileModelAdvanced", disable_dynamic_vram=True)
    (advanced,) = [key for key, one in both.items() if one["class_type"] == "TorchCompileModelAdvanced"]
    users = [one for one in both.values() if one["inputs"].get("model") == [advanced, 0]]
    both["90"] = {
        "class_type": "TorchCompileModel",
        "inputs": {"model": [advanced, 0], "backend": "inductor"},
    }
    for one in users:
        one["inputs"]["model"] = ["90", 0]
    (change,) = offered(no_compile, case_of(both, gpu="rtx-4080", ram=16)).values()
    assert change.title == (
        f"Remove TorchCompileModel (node 90) and turn disable_dynamic_vram off in "
        f"TorchCompileModelAdvanced (node {advanced})"
    )
