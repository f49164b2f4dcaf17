"""The user's folders: what a name may reach, and what is read again."""

import json

import pytest
from headers import lay
from vram_forecast.estimator import facts
from vram_forecast.estimator.models.library import Folders, Library, in_folders


def model(path, dtype="F16"):
    """A tiny safetensors file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps({"x": {"dtype": dtype, "shape": [1], "data_offsets": [0, 2]}}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(2))


@pytest.mark.parametrize("name", ["../secret.safetensors", "a/../../secret.safetensors", "\0", "x" * 5000])
def test_a_name_does_not_lead_out_of_its_folder(tmp_path, name):
    model(tmp_path / "secret.safetensors")
    (tmp_path / "models" / "vae").mkdir(parents=True)
    assert in_folders((tmp_path / "models",))("vae", name) is None


def test_a_whole_path_is_no_name(tmp_path):
    model(tmp_path / "vae" / "x.safetensors")
    assert in_folders((tmp_path,))("vae", str(tmp_path / "vae" / "x.safetensors")) is None


def test_a_name_may_be_of_a_folder_inside_and_a_link_of_another_disk(tmp_path):
    model(tmp_path / "disk" / "x.safetensors")
    (tmp_path / "models" / "vae" / "sdxl").mkdir(parents=True)
    link = tmp_path / "models" / "vae" / "sdxl" / "x.safetensors"
    try:
        link.symlink_to(tmp_path / "disk" / "x.safetensors")
    except OSError:
        pytest.skip("this system has no links")
    assert in_folders((tmp_path / "models",))("vae", "sdxl/x.safetensors") == link


def test_a_file_that_changed_is_read_again(tmp_path):
    path = tmp_path / "vae" / "x.safetensors"
    model(path)
    first = Library(in_folders((tmp_path,))).open("vae", "x.safetensors")
    path.unlink()
    assert Library(in_folders((tmp_path,))).open("vae", "x.safetensors").missing
    model(path)
    assert Library(in_folders((tmp_path,))).open("vae", "x.safetensors") == first


def test_files_are_listed_as_nodes_name_them_and_only_models(tmp_path):
    model(tmp_path / "diffusion_models" / "b.safetensors")
    model(tmp_path / "diffusion_models" / "quants" / "a.gguf")
    model(tmp_path / "unet" / "old.sft")
    (tmp_path / "diffusion_models" / "readme.txt").write_text("x")
    library = Library(in_folders((tmp_path,)))
    names = [name.replace("\\", "/") for name in library.names("diffusion_models")]
    assert names == ["b.safetensors", "quants/a.gguf", "old.sft"]
    assert library.names("vae") == ()


def test_a_folder_is_walked_once(tmp_path):
    library = Library(in_folders((tmp_path,)))
    assert library.names("vae") == ()
    model(tmp_path / "vae" / "late.safetensors")
    assert library.names("vae") == ()


def test_a_finder_that_is_a_mere_function_lists_nothing():
    assert Library(lambda folder, name: None).names("vae") == ()


def test_other_folders_come_after_the_models_folder(tmp_path):
    model(tmp_path / "models" / "vae" / "x.safetensors")
    model(tmp_path / "disk" / "x.safetensors", "BF16")
    model(tmp_path / "disk" / "y.safetensors")
    find = Folders((tmp_path / "models",), {"vae": [tmp_path / "disk"]})
    assert find("vae", "x.safetensors") == tmp_path / "models" / "vae" / "x.safetensors"
    assert find("vae", "y.safetensors") == tmp_path / "disk" / "y.safetensors"
    assert find.names("vae") == ("x.safetensors", "y.safetensors")


def test_a_folder_that_leads_into_itself_is_listed_to_an_end(tmp_path):
    model(tmp_path / "vae" / "x.safetensors")
    try:
        (tmp_path / "vae" / "again").symlink_to(tmp_path / "vae", target_is_directory=True)
    except OSError:
        pytest.skip("this system has no links")
    assert in_folders((tmp_path,)).names("vae")[-1] == "x.safetensors"


def test_only_a_file_whose_header_names_the_layer_is_looked_into(tmp_path):
    path = put(tmp_path / "vae" / "ae.safetensors", "ae")
    library = Library(in_folders((tmp_path,)))
    (one,) = library.briefs("vae", "ae.safetensors", layer="decoder.conv_in")
    assert (one.role, one.majority, one.quantization) == ("vae", "F32", None)
    assert library.briefs("vae", "ae.safetensors", layer="double_blocks.0.img_attn.qkv") == ()
    assert library.briefs("vae", "ae.safetensors", least=path.stat().st_size + 1) == ()
    assert library.briefs("vae", "gone.safetensors") == ()


def put(path, slug):
    """A sparse file with a header of `data/headers/`."""
    return lay(path, {key: tuple(one) for key, one in facts.header(slug)["tensors"].items()})
