"""Which other file holds the same model: published ones, those on disk, and what is no such file."""

import gguf_files
import headers
import pytest
from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.ladder import FINE_TUNE, rungs
from vram_forecast.estimator.models.library import Library, in_folders
from vram_forecast.estimator.models.published import published
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read

HERE = machine(gpu="rtx-3060-12gb", ram=32, system="linux")
MODELS = "diffusion_models"


def put(root, published_name, name="", folder=MODELS):
    """A sparse file with the header of a published one, under its own name or another."""
    table = published(folder, published_name)
    tensors = {one.name: (one.dtype, list(one.shape)) for one in table.tensors.values()}
    path = root / folder / (name or published_name)
    if table.format == "gguf":
        path.parent.mkdir(parents=True, exist_ok=True)
        return gguf_files.lay(path, {key: tuple(one) for key, one in tensors.items()})
    return headers.lay(path, tensors, table.metadata or None)


def ladders(prompt, root=None):
    """The rungs of each loaded file, by the file's name."""
    case = Case(read(prompt), HERE, Library(in_folders((root,)) if root else nowhere))
    return {one.file: rungs(case, one) for one in case.loaded.values()}


def model(prompt, root=None, role="diffusion_model"):
    """The rungs of the prompt's only file of a role, by name."""
    case = Case(read(prompt), HERE, Library(in_folders((root,)) if root else nowhere))
    (one,) = [one for one in case.loaded.values() if one.role == role]
    return {rung.file: rung for rung in rungs(case, one)}


def loader(name, class_type="UNETLoader"):
    """A workflow that loads one diffusion model."""
    return {"1": node(class_type, unet_name=name, weight_dtype="default")}


def test_the_best_quality_comes_first_and_the_own_file_is_not_among_them():
    found = list(model(flux()).values())
    assert [one.rank for one in found] == sorted(one.rank for one in found)
    assert (found[0].file, found[-1].file) == ("flux1-dev-Q8_0.gguf", "flux1-dev-Q2_K.gguf")
    assert "flux1-dev.safetensors" not in {one.file for one in found}


def test_a_file_that_is_not_on_disk_says_where_it_is_had_from():
    one = model(flux())["flux1-dev-Q8_0.gguf"].download
    assert one.url == "https://huggingface.co/city96/FLUX.1-dev-gguf/resolve/main/flux1-dev-Q8_0.gguf"
    assert (one.directory, one.bytes, one.exact, one.gated) == (MODELS, 12_708_281_504, True, False)


def test_a_size_that_nobody_lists_is_worked_out_of_the_shapes():
    one = model(flux())["flux1-dev-Q5_0.gguf"]
    assert not one.download.exact
    assert one.bytes == one.download.bytes == pytest.approx(8.27e9, rel=0.002)


def test_gguf_needs_another_loader_and_a_pack_and_safetensors_do_not():
    found = model(flux())
    assert found["flux1-dev-Q8_0.gguf"].loader == "UnetLoaderGGUF"
    assert found["flux1-dev-Q8_0.gguf"].needs == ("ComfyUI-GGUF",)
    assert (found["flux1-dev-fp8.safetensors"].loader, found["flux1-dev-fp8.safetensors"].needs) == ("", ())


def test_from_gguf_the_way_leads_back_to_comfyuis_own_loader():
    found = model(loader("flux1-dev-Q4_0.gguf", "UnetLoaderGGUF"))
    assert (found["flux1-dev.safetensors"].loader, found["flux1-dev.safetensors"].needs) == ("UNETLoader", ())
    assert (found["flux1-dev-Q8_0.gguf"].loader, found["flux1-dev-Q8_0.gguf"].needs) == ("", ())


def test_two_encoders_in_one_node_need_the_loader_for_two():
    found = {one.file: one for one in ladders(flux())["t5xxl_fp16.safetensors"]}
    assert found["t5-v1_1-xxl-encoder-Q5_K_M.gguf"].loader == "DualCLIPLoaderGGUF"
    assert ladders(flux())["clip_l.safetensors"] == ()


def test_quality_is_told_with_what_was_measured_and_that_a_seed_changes_more():
    found = {one.format: one for one in model(loader("z_image_turbo_bf16.safetensors")).values()}
    assert found["gguf_q8_0"].quality == "as good as 16 bit in practice"
    assert "LPIPS 0.089 on FLUX.1 dev; another seed changes a picture more" in found["int8_convrot"].quality
    assert found["nvfp4"].min_capability == 10
    assert found["gguf_q8_0"].min_capability == 0


def test_both_experts_of_a_pair_have_the_same_formats_and_keep_to_themselves():
    found = ladders(wan())
    high = found["wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors"]
    low = found["wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors"]
    assert [one.format for one in high] == [one.format for one in low]
    assert len(high) > 8
    assert not [one.file for one in high if "low" in one.file.lower()]


def test_a_file_that_is_more_than_another_precision_says_so():
    found = model(loader("hunyuanvideo1.5_720p_t2v_fp16.safetensors"))
    one = found["hunyuanvideo1.5_720p_t2v_cfg_distilled_fp8_scaled.safetensors"]
    assert (one.pure, one.effects) == (False, ("also distilled, so cfg must be 1",))
    assert found["hunyuanvideo1.5_720p_t2v-Q8_0.gguf"].pure


def test_from_a_distilled_file_the_plain_ones_are_not_offered():
    assert model(loader("hunyuanvideo1.5_720p_t2v_cfg_distilled_fp8_scaled.safetensors")) == {}


def test_what_a_file_needs_beside_it_does_not_make_it_another_model():
    prompt = {"1": node("CLIPLoader", clip_name="qwen_2.5_vl_7b_fp8_scaled.safetensors", type="qwen_image")}
    one = model(prompt, role="text_encoder")["Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf"]
    assert one.pure
    assert "mmproj" in one.effects[0]


def test_from_a_checkpoint_the_model_alone_is_offered_with_its_loader_and_not_the_other_way():
    found = model(checkpoint("flux1-dev-fp8.safetensors"))
    assert (found["flux1-dev-fp8.safetensors"].folder, found["flux1-dev-fp8.safetensors"].loader) == (
        MODELS,
        "UNETLoader",
    )
    assert found["flux1-dev-Q8_0.gguf"].loader == "UnetLoaderGGUF"
    assert {one.folder for one in model(flux()).values()} == {MODELS}


def test_a_lighter_checkpoint_takes_the_place_of_another():
    found = model({"1": node("CheckpointLoaderSimple", ckpt_name="ltx-2-19b-dev.safetensors")})
    assert {(one.folder, one.loader) for one in found.values()} == {("checkpoints", "")}
    assert {one.format for one in found.values()} == {"fp8_mixed", "nvfp4_mixed"}


# ---- the user's own folders --------------------------------------------------------------------------------


def test_a_published_file_that_is_on_disk_is_not_downloaded_and_has_the_name_that_nodes_know(tmp_path):
    put(tmp_path, "flux1-dev.safetensors")
    put(tmp_path, "flux1-dev-Q8_0.gguf", "quants/flux1-dev-Q8_0.gguf")
    put(tmp_path, "flux1-dev-fp8.safetensors")
    found = model(flux(), tmp_path)
    here = {one.file for one in found.values() if one.download is None}
    assert here == {"quants/flux1-dev-Q8_0.gguf", "flux1-dev-fp8.safetensors"}
    one = found["quants/flux1-dev-Q8_0.gguf"]
    assert (one.format, one.pure, one.loader) == ("gguf_q8_0", True, "UnetLoaderGGUF")
    assert one.bytes == (tmp_path / MODELS / "quants" / "flux1-dev-Q8_0.gguf").stat().st_size


def test_a_fine_tune_of_the_users_has_no_downloads(tmp_path):
    put(tmp_path, "flux1-dev.safetensors", "myPortraits_v2.safetensors")
    assert model(loader("myPortraits_v2.safetensors"), tmp_path) == {}


def test_its_own_lighter_file_is_found_by_its_header_and_is_pure_where_the_names_agree(tmp_path):
    put(tmp_path, "flux1-dev.safetensors", "myPortraits_v2_bf16.safetensors")
    put(tmp_path, "flux1-dev-fp8.safetensors", "myPortraits_v2_fp8_e4m3fn.safetensors")
    put(tmp_path, "flux1-dev-Q4_K_S.gguf", "myPortraits_v2-Q4_K_S.gguf")
    put(tmp_path, "flux1-dev-fp8.safetensors", "somebody_else.safetensors")
    found = model(loader("myPortraits_v2_bf16.safetensors"), tmp_path)
    told = {name: (one.format, one.pure, one.effects) for name, one in found.items()}
    assert told == {
        "myPortraits_v2_fp8_e4m3fn.safetensors": ("fp8_e4m3fn", True, ()),
        "myPortraits_v2-Q4_K_S.gguf": ("gguf_q4_k_s", True, ()),
        "somebody_else.safetensors": ("fp8_e4m3fn", False, (FINE_TUNE,)),
    }


def test_versions_are_no_precision(tmp_path):
    put(tmp_path, "flux1-dev.safetensors", "mine_v1.0_bf16.safetensors")
    put(tmp_path, "flux1-dev-fp8.safetensors", "mine_v1.1_fp8.safetensors")
    assert model(loader("mine_v1.0_bf16.safetensors"), tmp_path)["mine_v1.1_fp8.safetensors"].pure is False


def test_a_name_that_lies_is_not_believed(tmp_path):
    put(tmp_path, "flux1-dev.safetensors")
    put(tmp_path, "z_image_turbo_bf16.safetensors", "flux1-dev-fp8.safetensors")
    put(tmp_path, "z_image_turbo_int8_convrot.safetensors", "flux1-dev_int8.safetensors")
    found = model(flux(), tmp_path)
    assert "flux1-dev-fp8.safetensors" not in found
    assert "flux1-dev_int8.safetensors" not in found


def test_a_loaded_file_that_only_has_a_published_name_gets_none_of_its_files(tmp_path):
    put(tmp_path, "z_image_turbo_bf16.safetensors", "flux1-dev.safetensors")
    assert model(loader("flux1-dev.safetensors"), tmp_path) == {}


def test_a_broken_file_is_passed_over(tmp_path):
    put(tmp_path, "flux1-dev.safetensors")
    broken = put(tmp_path, "flux1-dev-fp8.safetensors", "cut.safetensors")
    with broken.open("r+b") as file:
        file.truncate(3_000_000_000)
    (tmp_path / MODELS / "empty.gguf").write_bytes(b"")
    assert {"cut.safetensors", "empty.gguf"}.isdisjoint(model(flux(), tmp_path))


def test_one_expert_never_stands_for_the_other(tmp_path):
    for noise in ("high", "low"):
        put(tmp_path, "wan2.2_t2v_high_noise_14B_fp16.safetensors", f"mine_{noise}_noise_fp16.safetensors")
        put(tmp_path, "Wan2.2-T2V-A14B-HighNoise-Q4_K_M.gguf", f"mine_{noise.title()}Noise-Q4_K_M.gguf")
    found = model(loader("mine_high_noise_fp16.safetensors"), tmp_path)
    assert set(found) == {"mine_HighNoise-Q4_K_M.gguf"}


def test_of_types_with_several_recipes_the_name_says_which(tmp_path):
    put(tmp_path, "wan2.2_ti2v_5B_fp16.safetensors", "w_fp16.safetensors")
    put(tmp_path, "Wan2.2-TI2V-5B-Q4_K_M.gguf", "w-q4_k_m.gguf")
    put(tmp_path, "Wan2.2-TI2V-5B-Q4_K_M.gguf", "w-unnamed.gguf")
    found = model(loader("w_fp16.safetensors"), tmp_path)
    assert found["w-q4_k_m.gguf"].format == "gguf_q4_k_m"
    assert found["w-unnamed.gguf"].format == "gguf_q4_k_s"


def test_another_published_model_of_the_same_shape_is_not_offered(tmp_path):
    put(tmp_path, "flux1-dev.safetensors")
    put(tmp_path, "flux1-krea-dev_fp8_scaled.safetensors")
    assert "flux1-krea-dev_fp8_scaled.safetensors" not in model(flux(), tmp_path)


def test_an_encoder_as_gguf_is_the_same_model(tmp_path):
    put(tmp_path, "t5xxl_fp16.safetensors", folder="text_encoders")
    put(tmp_path, "t5-v1_1-xxl-encoder-Q4_K_M.gguf", "mine/t5-Q4_K_M.gguf", "text_encoders")
    found = {one.file: one for one in ladders(flux(), tmp_path)["t5xxl_fp16.safetensors"]}
    assert (found["mine/t5-Q4_K_M.gguf"].format, found["mine/t5-Q4_K_M.gguf"].loader) == (
        "gguf_q4_k_m",
        "DualCLIPLoaderGGUF",
    )


def test_a_finder_that_cannot_list_gives_the_published_files_alone():
    assert all(one.download for one in model(flux()).values())
