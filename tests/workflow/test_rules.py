"""Every rule of `data/nodes/`: its formulas can be worked out, and name what its node types have."""

import ast
from typing import get_args

import msgspec
import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.models.rows import Role
from vram_forecast.estimator.workflow.acts import Lora
from vram_forecast.estimator.workflow.acts.bundles import Bind, Unpack
from vram_forecast.estimator.workflow.definitions import definition
from vram_forecast.estimator.workflow.expressions import compiled
from vram_forecast.estimator.workflow.functions import FUNCTIONS, NAMED
from vram_forecast.estimator.workflow.rules import Rule

LOOKUPS = {"input", "numbered", "grouped", "linked"}
TABLES = [name for name in facts.names("nodes") if "rule" in facts.table(name)]
ROWS = [(name, row) for name in TABLES for row in msgspec.convert(facts.table(name)["rule"], list[Rule])]
EACH = [pytest.param(row, id=f"{name}: {row.classes[0]}") for name, row in ROWS]


def formulas(row):
    """Every formula of a rule."""
    for act in row.acts:
        for name, kind in type(act).__annotations__.items():
            given = getattr(act, name)
            if kind == "Formula" and given and not optional(act, name):
                yield given
            if kind == "tuple[Formula, ...]":
                yield from given
            if kind == "dict[str, Formula]":
                yield from given.values()
        yield from [act.when] if act.when else []
        yield from (file.name for file in getattr(act, "files", ()))
    yield from row.let.values()
    yield from row.gives


def optional(act, name):
    """Whether a formula may name an input that is not there: a LoRA goes on whatever of both there is."""
    return isinstance(act, Lora) and name in ("model", "clip") and getattr(act, name) == name


def names(formula):
    """The names that a formula looks up, and the functions that it calls."""
    tree = ast.parse(formula.strip(), mode="eval")
    called = {part.func.id for part in ast.walk(tree) if isinstance(part, ast.Call)}
    texts = {
        part.args[0].value
        for part in ast.walk(tree)
        if isinstance(part, ast.Call) and part.func.id == "input" and isinstance(part.args[0], ast.Constant)
    }
    used = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    return (used - called) | texts, called


def has_input(class_type, name):
    """Whether a node type has an input of that name; one that declares none has what its frontend adds."""
    row = definition(class_type)
    if row is None or not row["inputs"]:
        return True
    group, _, inner = name.rpartition(".")
    for one in row["inputs"]:
        if one["name"] == name or (one["name"] == group and one.get("grows")):
            return True
        if one["name"] == group:
            return any(inner == nested["name"] for rows in one.get("options", {}).values() for nested in rows)
    return name == ""


@pytest.mark.parametrize("row", EACH)
def test_its_formulas_are_arithmetic_over_known_functions(row):
    for formula in formulas(row):
        compiled(formula)
        assert names(formula)[1] <= FUNCTIONS.keys() | LOOKUPS


@pytest.mark.parametrize("row", EACH)
def test_its_formulas_name_inputs_that_its_node_types_have(row):
    bound = {*row.let, "model", "clip", "vae", "net", "loras", "number", "whole", "truth", "alpha"}
    bound |= {act.into for act in row.acts}
    bound |= {name for act in row.acts for name in (act.of if isinstance(act, Bind) else ())}
    bound |= {name for act in row.acts for name in (act.bound() if isinstance(act, Unpack) else ())}
    for formula in formulas(row):
        for class_type in row.classes:
            missing = {name for name in names(formula)[0] - bound if not has_input(class_type, name)}
            assert missing == set(), f"{class_type}: `{formula}`"


@pytest.mark.parametrize("row", EACH)
def test_it_gives_no_more_than_its_node_types_do(row):
    known = [definition(one) for one in row.classes]
    assert all(len(row.gives) <= len(one["outputs"]) for one in known if one)


def test_no_two_functions_share_a_name():
    assert len({one.__name__ for one in NAMED}) == len(NAMED)


def test_no_node_type_has_two_rules():
    classes = [one for _, row in ROWS for one in row.classes]
    assert sorted(set(classes)) == sorted(classes)


@pytest.mark.parametrize("formula", ["x.__class__", "().__class__", "lambda: 1", "[x for x in y]", "2**x"])
def test_a_formula_can_do_nothing_but_arithmetic(formula):
    with pytest.raises(ValueError, match="not allowed"):
        compiled(formula)


def test_a_formula_calls_functions_only():
    with pytest.raises(ValueError, match="called"):
        compiled("x.y()")


def test_each_node_type_of_comfyui_has_a_rule_or_a_reason_why_not():
    rows = facts.table("nodes/unruled")["unruled"]
    reasons = {one: row["why"] for row in rows for one in row["classes"]}
    ruled = {one for _, row in ROWS for one in row.classes}
    known = facts.table("nodes/core")["nodes"]
    assert set(known) - ruled - set(reasons) == set()
    assert set(reasons) - set(known) == set()
    assert {one for one in ruled & set(reasons) if reasons[one] != "not written yet"} == set()


def test_every_role_that_a_file_is_taken_for_is_one_that_families_have():
    known = set(get_args(Role))
    asked = {
        role for _, row in ROWS for act in row.acts for one in getattr(act, "files", ()) for role in one.roles
    }
    assert asked <= known
