"""Every model file that the official templates name is in the catalogue."""

import json
from pathlib import Path

import comfyui_workflow_templates_json
import pytest
from vram_forecast.estimator.models import rows
from vram_forecast.estimator.models.published import published, row_of

TEMPLATES = Path(comfyui_workflow_templates_json.__file__).parent / "templates"
# In the release that the tests pin: (folder, file name) pairs of all templates.
NAMED = 354


def named_in(value):
    """The (folder, file name) pairs that a workflow's nodes bring along as their models."""
    if isinstance(value, dict):
        for model in value.get("models") or []:
            if isinstance(model, dict) and "name" in model:
                yield model.get("directory"), model["name"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from named_in(one)


@pytest.fixture(scope="module")
def files():
    """All of them, once."""
    found = set()
    for path in sorted(TEMPLATES.glob("*.json")):
        found.update(named_in(json.loads(path.read_text(encoding="utf-8"))))
    return sorted(found)


def test_each_has_a_row_with_its_role_its_family_and_its_storage(files):
    assert NAMED == len(files)
    missing = [f"{folder}/{name}" for folder, name in files if row_of(folder, name) is None]
    assert [] == missing
    bare = [
        f"{folder}/{name}"
        for folder, name in files
        if not {"role", "family", "storage"} <= set(row_of(folder, name))
    ]
    assert [] == bare


def test_those_whose_header_we_can_make_are_of_the_family_that_their_row_says(files):
    made = [(folder, name) for folder, name in files if published(folder, name) is not None]
    families = {row.family for row in rows()}
    assert len(made) > 150
    assert {row_of(*one)["family"] for one in made} <= families
