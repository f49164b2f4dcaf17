"""The graph's own small look-ups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.workflow.graph import Graph, Link, Node


def graph(**needs):
    """A graph of nodes by the nodes that they take from."""
    return Graph(
        {
            key: Node(key, key.upper(), {f"in {one}": Link(one, 0) for one in wanted})
            for key, wanted in needs.items()
        }
    )


@pytest.mark.parametrize(
    "needs, order",
    [
        ({"a": "", "b": "", "c": ""}, "abc"),
        ({"c": "b", "b": "a", "a": ""}, "abc"),
        ({"d": "bc", "b": "a", "c": "a", "a": ""}, "abcd"),
        ({"z": "", "d": "c", "c": "", "a": "d"}, "zcda"),
    ],
    ids=["free nodes keep their order", "dependencies come first", "once each", "of those ready the first"],
)
def test_the_order(needs, order):
    assert list(order) == graph(**needs).order()


def test_a_circle_is_named():
    with pytest.raises(InputError) as error:
        graph(a="", b="ac", c="b").order()
    assert str(error.value).split(":")[0] in ("node b > c > b", "node c > b > c")


def test_a_long_circle_is_named_in_part():
    names = [f"n{number}" for number in range(50)]
    with pytest.raises(InputError) as error:
        graph(**{one: [names[place - 1]] for place, one in enumerate(names)}).order()
    assert 10 == len(error.value.where.split(" > "))


@given(
    st.integers(1, 12).flatmap(
        lambda size: st.lists(st.lists(st.integers(0, size - 1), max_size=3), min_size=size, max_size=size)
    )
)
def test_every_order_has_all_nodes_and_dependencies_first(needs):
    names = [f"n{number}" for number in range(len(needs))]
    acyclic = {one: {names[need] for need in needs[place] if need < place} for place, one in enumerate(names)}
    shuffled = dict(reversed(acyclic.items()))
    order = graph(**shuffled).order()
    assert sorted(names) == sorted(order)
    assert [] == [one for one in names for need in acyclic[one] if order.index(need) > order.index(one)]


def test_users_are_found_with_their_input():
    drawn = graph(a="", b="a", c="ab")
    assert [("b", "in a"), ("c", "in a")] == [(node.id, name) for node, name in drawn.users_of("a")]


def test_nodes_are_found_by_type():
    assert ["a", "c"] == [node.id for node in graph(a="", b="", c="").of_type("A", "C")]


def test_links_print_as_lists_and_values_as_they_are():
    drawn = Graph(
        {"1": Node("1", "X", {"a": Link("2", 1), "b": {"__value__": [1]}}), "2": Node("2", "Y", {})}
    )
    assert {
        "1": {"class_type": "X", "inputs": {"a": ["2", 1], "b": {"__value__": [1]}}},
        "2": {"class_type": "Y", "inputs": {}},
    } == drawn.prompt()


class TestChosenOutputs:
    GRAPH = graph(a="", b="a", c="b", d="a", e="", f="de")

    @pytest.mark.parametrize(
        "outputs, kept",
        [("c", "abc"), ("f", "adef"), ("fc", "abcdef"), ("b", "ab"), ("cc", "abc")],
        ids=["one", "another", "both", "one that others use", "one named twice"],
    )
    def test_they_and_what_they_need_are_kept_in_the_prompt_s_order(self, outputs, kept):
        assert list(kept) == list(self.GRAPH.only(list(outputs)).nodes)

    def test_what_is_kept_is_as_it_was(self):
        assert self.GRAPH.nodes["f"] == self.GRAPH.only(["f"]).nodes["f"]

    def test_a_node_that_is_not_there_is_refused_with_those_that_are(self):
        with pytest.raises(InputError) as error:
            self.GRAPH.only(["c", "x"])
        said = "outputs: no node is called `x`. The workflow ends in c (C), f (F)."
        assert said == str(error.value)

    def test_of_many_ends_some_are_named(self):
        many = graph(**{f"n{number}": "" for number in range(30)})
        with pytest.raises(InputError, match=r"n8 \(N8\) and others\.$"):
            many.only(["x"])
