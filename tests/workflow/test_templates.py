"""Every official template, and for 105 of them the prompt that the real frontend made."""

import importlib.util
import json
import os
from pathlib import Path

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.read import read

ANSWERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "frontend_prompts.json"
PACKAGE = importlib.util.find_spec("comfyui_workflow_templates_json")
FOLDERS = [Path(one) / "templates" for one in (PACKAGE.submodule_search_locations or ())] if PACKAGE else []
FILES = {path.stem: path for folder in FOLDERS for path in sorted(folder.glob("*.json"))}
PROMPTS = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.is_file() else {}
CI = os.environ.get("CI") == "true"

# What a 3D view in the browser makes up, and pictures that were compared: not in the file.
UNSAVED = {"compare_view", "viewport_state"}
WITHOUT_ALL = [
    name for name, prompt in PROMPTS.items() if not all("class_type" in one for one in prompt.values())
]


def need(found, what):
    """Skip where `what` is not at hand; CI has it."""
    if not found:
        (pytest.fail if CI else pytest.skip)(what)


def is_workflow(path):
    document = json.loads(path.read_bytes())
    return isinstance(document, dict) and "nodes" in document


def test_the_templates_are_at_hand():
    need(FILES, "no templates: pip install comfyui-workflow-templates-json==0.1.123")
    assert 660 == len(FILES)


def test_the_answers_are_at_hand():
    need(PROMPTS, "no shared/data/frontend_prompts.json beside the checkout")
    assert 105 == len(PROMPTS)


@pytest.mark.parametrize("name", FILES)
def test_a_template_is_read_and_any_other_file_is_refused(name):
    path = FILES[name]
    if is_workflow(path):
        assert [] != read(path).order()
    else:
        with pytest.raises(InputError):
            read(path)


def test_only_the_package_s_lists_of_templates_are_no_workflows():
    others = {name.split(".")[0] for name, path in FILES.items() if not is_workflow(path)}
    assert others <= {"index", "index_logo", "fuse_options"}


@pytest.mark.parametrize("name", PROMPTS)
def test_its_nodes_are_those_that_the_frontend_sends(name):
    need(FILES, "no templates")
    found = read(FILES[name]).prompt()
    known = {key: one["class_type"] for key, one in PROMPTS[name].items() if "class_type" in one}
    assert set(PROMPTS[name]) == set(found)
    assert known == {key: found[key]["class_type"] for key in known}


# Where the frontend does not know a type it cannot count that type's widgets, and gives the values of a host
# to the wrong ones: its answer is no example there.
@pytest.mark.parametrize("name", [name for name in PROMPTS if name not in WITHOUT_ALL])
def test_their_inputs_are_those_that_the_frontend_sends(name):
    need(FILES, "no templates")
    found = read(FILES[name]).prompt()
    assert {key: saved(one) for key, one in PROMPTS[name].items()} == {
        key: saved(one) for key, one in found.items()
    }


def saved(node):
    """A node's inputs, less what no file holds."""
    return {name: value for name, value in node["inputs"].items() if name not in UNSAVED}
