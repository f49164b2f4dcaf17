"""A ComfyUI whose Python lacks something that the pack needs: it starts, says what, and prompts run."""

import time

import pytest
from prompts import node
from tiny import picture

# Every node, and what its first output says then.
SAID = {
    "VRAMForecast": "No forecast: ",
    "VRAMForecastModelInspector": "Not read: ",
    "VRAMForecastGPUCompare": "No comparison: ",
    "VRAMForecastModelTable": "No table: ",
    "VRAMForecastRunHistory": "No history: ",
}


@pytest.fixture(scope="module")
def broken(start, tmp_path_factory):
    """One without what the whole estimator needs."""
    folder = tmp_path_factory.mktemp("lacking")
    (folder / "msgspec.py").write_text("raise ImportError('no msgspec here')\n", encoding="utf-8")
    return start(PYTHONPATH=str(folder))


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


@pytest.mark.parametrize("mode", ["warn", "block"])
def test_without_the_estimator_prompts_run_and_the_log_says_so_once(broken, mode):
    broken.ask("/settings/VRAMForecast.Guard", f'"{mode}"'.encode())
    for seed in (1, 2):
        assert "success" == broken.run(picture(seed), ["10"], seconds=120)["status"]["status_str"]
    time.sleep(1)  # what is written after a run
    said = [line for line in broken.log.splitlines() if "no msgspec here" in line]
    assert len(said) == len({*said}) <= 4
    assert "Traceback" not in broken.log


@pytest.mark.parametrize(("path", "body"), [("check", {"prompt": picture(1)}), ("device", None)])
def test_without_the_estimator_a_route_says_how_to_get_it(broken, path, body):
    status, answer = broken.ask(f"/vram_forecast/{path}", body)
    assert 500 <= status
    assert answer["error"].startswith("no msgspec here. Run `")
