"""Numbers, texts, switches and lists on their way to a size, and what a workflow might try with them."""

import pytest
from prompts import flux, node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import lower, read
from vram_forecast.estimator.workflow.lower import visit
from vram_forecast.estimator.workflow.state import State
from vram_forecast.estimator.workflow.values import Unknown


def outputs(prompt, name):
    """What a node of a prompt gives."""
    state = State(read(prompt), Library(nowhere))
    for one in state.graph.order():
        visit(state, state.graph.nodes[one])
    return state.outputs[name]


def calculated(expression, **values):
    """What ComfyMathExpression makes of an expression."""
    given = {f"values.{name}": value for name, value in values.items()}
    return outputs({"1": node("ComfyMathExpression", expression=expression, **given)}, "1")


@pytest.mark.parametrize(
    ("expression", "whole"),
    [("a * 2", 6), ("sum(values)", 8), ("sum(a, b)", 8), ("a if a > b else b", 5), ("log2(64)", 6)],
)
def test_an_expression_is_worked_out(expression, whole):
    assert calculated(expression, a=3, b=5)[1] == whole


@pytest.mark.parametrize(
    "expression", ["pow(9, 10**9)", "9**9**9", "pow(10, 400)", "1e400", "'a'", "a.b", "[1]", ""]
)
def test_an_expression_without_a_sane_number_is_not_known(expression):
    assert isinstance(calculated(expression, a=3)[1], Unknown)


def test_a_number_in_a_json_text_leads_to_a_size():
    presets = '{"wide": {"width": 832, "height": 480}, "square": {"width": 512, "height": 512}}'
    prompt = flux() | {
        "20": node("CustomCombo", choice="wide", index=0),
        "21": node("JsonExtractString", json_string=presets, key=["20", 0]),
        "22": node("StringReplace", string=["21", 0], find="'", replace='"'),
        "23": node("JsonExtractString", json_string=["22", 0], key="width"),
        "24": node("ComfyNumberConvert", value=["23", 0]),
    }
    prompt["4"]["inputs"]["width"] = ["24", 1]
    (shape,) = [step.shape for step in lower(read(prompt), Library(nowhere)).steps if step.kind == "sample"]
    assert (shape.width, shape.height) == (832 // 8, 128)


def test_a_text_cannot_grow_without_bound():
    doubled = {
        str(at): node("StringConcatenate", string_a=[str(at - 1), 0], string_b=[str(at - 1), 0], delimiter="")
        for at in range(2, 80)
    }
    found = outputs({"1": node("PrimitiveString", value="abc"), **doubled}, "79")
    assert isinstance(found[0], Unknown)


@pytest.mark.parametrize(
    "text",
    ["{a:>999999999}", "{a.__class__}", "{a!r}", "{a:{b}}", "{0}", "{missing}", "{", "{a:,.999999999f}"],
)
def test_a_text_asks_for_no_more_than_plain_fields(text):
    prompt = {"1": node("StringFormat", **{"f_string": text, "values.a": 1.5, "values.b": "9"})}
    assert isinstance(outputs(prompt, "1")[0], Unknown)


@pytest.mark.parametrize("find", ["", "a"])
def test_a_replacement_cannot_grow_without_bound(find):
    prompt = {"1": node("StringReplace", string="a" * 5000, find=find, replace="b" * 5000)}
    assert isinstance(outputs(prompt, "1")[0], Unknown)


def test_a_pattern_that_comes_with_a_workflow_is_never_searched():
    prompt = {"1": node("RegexExtract", string="a" * 50, regex_pattern="(a+)+$b", mode="First Match")}
    assert outputs(prompt, "1")[0].reason == "a pattern is not searched"


def test_deep_json_is_no_text_of_it():
    prompt = {"1": node("JsonExtractString", json_string="[" * 100_000, key="a")}
    assert outputs(prompt, "1") == ("",)


def sizes(**nodes):
    """The latents' widths of FLUX.1 with a width that the last of `nodes` gives."""
    prompt = flux() | {"a": node("PrimitiveInt", value=512), "b": node("PrimitiveInt", value=768)} | nodes
    prompt["4"]["inputs"]["width"] = [list(nodes)[-1], 0]
    work = lower(read(prompt), Library(nowhere))
    return [step.shape.width * 8 for step in work.steps if step.kind == "sample"]


def test_a_list_is_worked_through_item_by_item():
    both = node("CreateList", **{"inputs.input0": ["a", 0], "inputs.input1": ["b", 0]})
    assert sizes(both=both) == [512, 768]


def test_a_list_within_a_list_is_one_list():
    both = node("CreateList", **{"inputs.input0": ["a", 0], "inputs.input1": ["b", 0]})
    more = node("CreateList", **{"inputs.input0": ["both", 0], "inputs.input1": ["a", 0]})
    assert sizes(both=both, more=more) == [512, 768, 512]


def test_an_item_of_a_list_is_known_where_all_are_alike():
    same = node("CreateList", **{"inputs.input0": ["a", 0], "inputs.input1": ["a", 0]})
    assert sizes(same=same, one=node("GetItemFromList", list=["same", 0])) == [512]


@pytest.mark.parametrize(("number", "width"), [(0, 512), (1, 768), (-1, 768)])
def test_an_item_of_a_list_is_known_by_its_number(number, width):
    both = node("CreateList", **{"inputs.input0": ["a", 0], "inputs.input1": ["b", 0]})
    assert sizes(both=both, one=node("GetItemFromList", list=["both", 0], UNKNOWN=number)) == [width]


@pytest.mark.parametrize(("either", "width"), [(True, 512), (False, 768)])
def test_a_switch_follows_the_truths_that_lead_to_it(either, width):
    truth = node("ComfyOrNode", **{"values.value0": False, "values.value1": either})
    turned = node("ComfyNotNode", value=["truth", 0])
    chosen = node("ComfySwitchNode", switch=["turned", 0], on_true=["b", 0], on_false=["a", 0])
    assert sizes(truth=truth, turned=turned, chosen=chosen) == [width]
