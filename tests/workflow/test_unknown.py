"""Node types that nobody describes."""

from vram_forecast.estimator.workflow import read
from workflow.drawing import MODEL, node, sampled, sampler, sent_by, subgraph, workflow


class TestTypesThatWeDoNotKnow:
    def test_values_are_named_by_the_slots_where_both_come_out_even(self):
        drawing = workflow(
            node(1, "SomeLoader", ["a.safetensors", 7, "randomize"], _file=None, _seed=None, model=None)
        )
        assert {"file": "a.safetensors", "seed": 7} == read(drawing).nodes["1"].inputs

    def test_values_are_told_without_names_where_they_do_not(self):
        drawing = workflow(MODEL, node(2, "SomeLoader", ["a.safetensors", 7], _file=None, model="1.0"))
        sent = {"UNKNOWN": "a.safetensors", "UNKNOWN_1": 7, "model": ["1", 0]}
        assert sent == sent_by(drawing)["2"]

    def test_a_host_counts_their_promoted_widgets_too(self):
        inside = subgraph(
            "mine",
            node(5, "SomeLoader", ["a.safetensors"], _file="in.0"),
            sampler(6, _seed="in.1"),
            inputs=[("file", "COMBO"), ("seed", "INT")],
        )
        drawing = workflow(node(3, "mine", ["b.safetensors", 99]), subgraphs=[inside])
        assert {"3:5": {"file": "b.safetensors"}, "3:6": sampled(99)} == sent_by(drawing)

    def test_a_subgraph_without_a_definition_is_one_of_them(self):
        assert "gone" == read(workflow(node(3, "gone"))).nodes["3"].class_type

    def test_they_may_give_any_output(self):
        drawing = workflow(node(1, "SomeLoader"), sampler(2, model="1.7"))
        assert ["1", 7] == sent_by(drawing)["2"]["model"]
