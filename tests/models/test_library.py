"""The user's folders: what a name may reach, and what is read again."""

import json

import pytest
from vram_forecast.estimator.models.library import Library, in_folders


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
