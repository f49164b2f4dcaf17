"""Every official template, and for 105 of them the prompt that the real frontend made."""

import importlib.util
import json
import os
from pathlib import Path

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.definitions import definition
from vram_forecast.estimator.workflow.read import read

ANSWERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "frontend_prompts.json"
PACKAGE = importlib.util.find_spec("comfyui_workflow_templates_json")
FOLDERS = [Path(one) / "templates" for one in (PACKAGE.submodule_search_locations or ())] if PACKAGE else []
FILES = {path.stem: path for folder in FOLDERS for path in sorted(folder.glob("*.json"))}
PROMPTS = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.is_file() else {}
CI = os.environ.get("CI") == "true"

# What a 3D view in the browser makes up, and pictures that were compared: not in the file.
UNSAVED = {"compare_view", "viewport_state"}
# Templates with node types that the frontend was not told of, and what it sends of their nodes once it is.
TOLD = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))
MODELS = (".safetensors", ".gguf", ".pt", ".pth", ".ckpt", ".bin")


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


@pytest.mark.parametrize("name", [name for name in PROMPTS if name not in TOLD["sent"]])
def test_their_inputs_are_those_that_the_frontend_sends(name):
    need(FILES, "no templates")
    found = read(FILES[name]).prompt()
    assert known(PROMPTS[name]) == {key: saved(found[key]) for key in known(PROMPTS[name])}


@pytest.mark.parametrize("name", TOLD["sent"])
def test_where_it_lacks_a_node_type_they_are_those_that_it_sends_once_it_is_told(name):
    need(FILES, "no templates")
    need(PROMPTS, "no shared/data/frontend_prompts.json beside the checkout")
    found = read(FILES[name]).prompt()
    expected = known(PROMPTS[name]) | TOLD["sent"][name]
    assert expected == {key: saved(found[key]) for key in expected}
    assert {types_of(name)[one] for one in TOLD["lacking"][name]} == {None}


@pytest.mark.parametrize("name", PROMPTS)
def test_its_nodes_are_in_the_order_that_the_frontend_sends_them_in(name):
    need(FILES, "no templates")
    assert list(PROMPTS[name]) == list(read(FILES[name]).prompt())


def test_what_is_promised_of_the_105_templates_holds():
    """At least 95 equal in nodes, links and numbers, 104 in loader files; the others are all in `TOLD`."""
    need(FILES, "no templates")
    need(PROMPTS, "no shared/data/frontend_prompts.json beside the checkout")
    ours = {name: read(FILES[name]).prompt() for name in PROMPTS}
    equal = {
        name
        for name, prompt in PROMPTS.items()
        if set(prompt) == set(ours[name])
        and all(one == saved(ours[name][key]) for key, one in known(prompt).items())
    }
    assert len(equal) >= 95
    assert set(PROMPTS) - equal == set(TOLD["sent"])
    told = {name: known(prompt) | TOLD["sent"].get(name, {}) for name, prompt in PROMPTS.items()}
    same = [
        name for name, sent in told.items() if files(sent) == files({k: saved(ours[name][k]) for k in sent})
    ]
    assert len(same) >= 104


def known(prompt):
    """The inputs of the nodes whose type the frontend knew, by their ids."""
    return {key: saved(one) for key, one in prompt.items() if "class_type" in one}


def types_of(name):
    """What we know of each node type in a template."""
    return {one.class_type: definition(one.class_type) for one in read(FILES[name]).nodes.values()}


def files(sent):
    """The model files that a prompt names, each with its node and input."""
    return {
        (key, name): one
        for key, inputs in sent.items()
        for name, one in inputs.items()
        if isinstance(one, str) and one.endswith(MODELS)
    }


def saved(node):
    """A node's inputs, less what no file holds."""
    return {name: value for name, value in node["inputs"].items() if name not in UNSAVED}
