"""A ComfyUI whose Python lacks something that the pack needs: it starts, says what, and prompts run."""

import pytest
from nodes.conftest import PACK, Server
from prompts import node

# Every node, and what its first output says then.
SAID = {
    "VRAMForecast": "No forecast: ",
    "VRAMForecastModelInspector": "Not read: ",
    "VRAMForecastGPUCompare": "No comparison: ",
    "VRAMForecastModelTable": "No table: ",
    "VRAMForecastRunHistory": "No history: ",
}


def started(module, comfyui, copy_checkout, folder):
    """A ComfyUI that cannot import a module; a generator, which ends it when it goes on."""
    (folder / "custom_nodes").mkdir()
    copy_checkout(folder / "custom_nodes" / PACK)
    (folder / "lacking").mkdir()
    (folder / "lacking" / f"{module}.py").write_text(
        f"raise ImportError('no {module} here')\n", encoding="utf-8"
    )
    running = Server(comfyui, folder, PYTHONPATH=str(folder / "lacking"))
    try:
        running.wait()
        yield running
    finally:
        running.process.terminate()
        running.process.wait(30)


@pytest.fixture(scope="module")
def broken(comfyui, copy_checkout, tmp_path_factory):
    """One without what the whole estimator needs."""
    yield from started("msgspec", comfyui, copy_checkout, tmp_path_factory.mktemp("broken"))


@pytest.fixture(scope="module")
def plain(comfyui, copy_checkout, tmp_path_factory):
    """One that cannot draw."""
    yield from started("matplotlib", comfyui, copy_checkout, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize(("class_type", "said"), SAID.items())
def test_without_the_estimator_a_node_says_how_to_get_it_and_the_prompt_goes_on(broken, class_type, said):
    prompt = {"1": node(class_type), "2": node("PreviewAny", source=["1", 0])}
    finished = broken.run(prompt, ["1", "2"])
    assert "success" == finished["status"]["status_str"]
    (text,) = finished["outputs"]["2"]["text"]
    assert text.startswith(f"{said}no msgspec here. Run `")
    assert "pip install -r" in text
    assert f"IMPORT FAILED): {broken.pack}" not in broken.log


def test_without_the_estimator_the_nodes_are_still_described(broken):
    _, answer = broken.ask("/object_info")
    assert set(SAID) <= set(answer)
    assert "[ERROR] An error occurred while retrieving information" not in broken.log


def test_without_matplotlib_the_text_is_there_and_the_picture_is_grey_and_small(plain):
    prompt = {
        "1": node("VRAMForecast", card="GeForce RTX 4070"),
        "2": node("VRAMForecastGPUCompare", first="GeForce RTX 3060 12 GB", second="GeForce RTX 4090"),
        "3": node("PreviewImage", images=["1", 4]),
        "4": node("PreviewImage", images=["2", 1]),
    }
    shown = plain.run(prompt, list(prompt))["outputs"]
    assert "GeForce RTX 4070" in shown["1"]["text"][0]
    assert shown["2"]["text"][0].startswith("RTX 4090 over RTX 3060 12 GB")
    for name in ("3", "4"):
        (image,) = shown[name]["images"]
        png = plain.fetch(f"/view?filename={image['filename']}&subfolder={image['subfolder']}&type=temp")
        assert (512, 64) == (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big"))
    assert 1 == plain.log.count("no pictures without matplotlib")
