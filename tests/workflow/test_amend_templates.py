"""Edits of every kind in the official templates: what is accepted reads as it should."""

import json
from collections import Counter
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.amend import amend
from vram_forecast.estimator.workflow.edits import apply
from workflow.amending import KINDS, suggestions
from workflow.test_templates import FILES, is_workflow, need

NAMES = sorted(name for name, path in FILES.items() if is_workflow(path))
REFUSED = ("would be another", "has no widget", "lies in a group node", "stands ")


def template(name):
    return json.loads(FILES[name].read_bytes())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_edit_is_made_in_nearly_every_template_that_it_suits(kind):
    need(NAMES, "no templates: pip install comfyui-workflow-templates-json==0.1.123")
    made, refused = 0, []
    for name in NAMES[::4]:
        document = template(name)
        for what, edits in list(kind(read(document)))[:1]:
            try:
                amend(document, edits)
                made += 1
            except InputError as error:
                refused.append(f"{name}, {what}: {error}")
    assert made >= 10
    assert len(refused) <= made // 20, refused


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_edits_in_a_row_are_made_as_they_read(data):
    need(NAMES, "no templates")
    document = template(data.draw(st.sampled_from(NAMES)))
    for _ in range(data.draw(st.integers(1, 4))):
        graph, before = read(document), deepcopy(document)
        offered = list(suggestions(graph, most=3))
        assume(offered)
        _, edits = data.draw(st.sampled_from(offered))
        try:
            found = amend(document, edits)
        except InputError as error:
            assert any(reason in error.what for reason in REFUSED)
            continue
        finally:
            assert before == document
        wanted, now = apply(graph, edits), read(found)
        assert Counter(one.class_type for one in wanted.nodes.values()) == Counter(
            one.class_type for one in now.nodes.values()
        )
        if all(edit.op in ("set", "remove") for edit in edits):
            assert wanted.prompt() == now.prompt()
        document = found


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(NAMES or [""]))
def test_no_edits_change_nothing(name):
    need(NAMES, "no templates")
    document = template(name)
    assert document == amend(document, [])
