"""The files that a workflow takes in, found by the names that nodes have for them."""

import pytest
from PIL import Image
from vram_forecast.estimator.media import Picture
from vram_forecast.estimator.media.inputs import in_input_folders
from vram_forecast.estimator.models.library import Library


@pytest.fixture
def comfyui(tmp_path):
    """A ComfyUI's folders, with a picture of another width in each."""
    for width, name in enumerate(
        ["input/a.png", "input/clipspace/a.png", "output/a.png", "temp/a.png", "a.png", "inputs/a.png"], 1
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (width, 9)).save(path)
    return tmp_path


@pytest.mark.parametrize(
    "name, found",
    [
        ("a.png", "input/a.png"),
        ("a.png [input]", "input/a.png"),
        ("a.png [output]", "output/a.png"),
        ("a.png [temp]", "temp/a.png"),
        ("clipspace/a.png", "input/clipspace/a.png"),
        ("clipspace/a.png [input]", "input/clipspace/a.png"),
        ("clipspace/../a.png", "input/a.png"),
    ],
)
def test_a_name_says_which_folder_it_is_in(comfyui, name, found):
    assert comfyui / found == in_input_folders((comfyui / "input",))(name)


@pytest.mark.parametrize(
    "name",
    [
        "../a.png",
        "../inputs/a.png",
        "../output/a.png",
        "../input/../a.png [output]",
        "none.png",
        "",
        "clipspace",
        "a.png\0",
        "a" * 5000,
        "/etc/passwd",
    ],
    ids=lambda name: repr(name[:30]),
)
def test_a_name_leads_nowhere_else(comfyui, name):
    assert None is in_input_folders((comfyui / "input",))(name)


def test_a_link_out_of_the_folder_is_not_followed(comfyui):
    try:
        (comfyui / "input" / "b.png").symlink_to(comfyui / "a.png")
    except OSError:
        pytest.skip("this system has no links")
    assert None is in_input_folders((comfyui / "input",))("b.png")


def test_the_first_folder_that_has_it_wins(comfyui):
    find = in_input_folders((comfyui / "none", comfyui / "output", comfyui / "input"))
    assert comfyui / "output/a.png" == find("a.png")
    assert comfyui / "input/clipspace/a.png" == find("clipspace/a.png")


@pytest.fixture
def library(comfyui):
    find = in_input_folders((comfyui / "input",))
    return Library(lambda folder, name: find(name) if folder == "input" else None)


def test_the_library_measures_an_input_by_its_name(library):
    assert Picture(3, 9) == library.measured("a.png [output]")
    assert {} == library.unmeasured


def test_the_library_says_why_an_input_is_not_known(library, comfyui):
    (comfyui / "input" / "b.png").write_bytes(b"?")
    assert (None, None) == (library.measured("b.png"), library.measured("none.png"))
    assert "`none.png` is not in the input folder" == library.unmeasured["none.png"]
    assert "no picture, video or sound that we know" in library.unmeasured["b.png"]
