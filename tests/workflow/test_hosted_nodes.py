"""The table of hosted nodes: names and outputs are read from classes that are never imported."""

import ast
import json

from conftest import ROOT, load

TOOL = load("hosted_nodes", ROOT / "tools" / "hosted_nodes.py")
CLASSES = """
class One(IO.ComfyNode):
    def define_schema(cls):
        return IO.Schema(node_id="One", outputs=[IO.Image.Output(), IO.Custom(TASK).Output("id")])

class Base(IO.ComfyNode):
    def define_schema(cls):
        return IO.Schema(node_id=cls.NODE_ID, outputs=[IO.Video.Output()])

class Two(Base):
    NODE_ID = "Two"

class Three(Base):
    NODE_ID = "Three"
"""


def test_a_schema_says_its_name_and_its_outputs():
    found = list(TOOL.nodes(ast.parse(CLASSES)))
    assert [name for name, _ in found] == ["One", "Two", "Three"]
    assert [kinds[0] for _, kinds in found] == ["Image", "Video", "Video"]


def test_what_a_service_makes_is_assumed_and_what_no_size_comes_of_is_not():
    text = TOOL.rules(
        [("One", ("Image", "Mask", "Other")), ("Two", ("Image", "Mask", "Other")), ("Three", ())]
    )
    assert 'classes = ["One", "Two"]' in text
    assert 'does = "assume", what = "image"' in text
    assert 'gives = ["image", "sized(image, channels=1)", "unknowable(' in text
    assert 'classes = ["Three"]' in text


def test_newer_ones_are_those_of_templates_for_services_alone(tmp_path):
    def template(name, *types):
        nodes = [{"type": one, "outputs": [{"type": "IMAGE"}]} for one in types]
        (tmp_path / f"{name}.json").write_text(json.dumps({"nodes": nodes}))

    template("api_new", "Hosted", "Local", "group/of nodes")
    template("local", "Local", "Other")
    index = [{"templates": [{"name": "api_new"}, {"name": "local", "openSource": True}]}]
    (tmp_path / "index.json").write_text(json.dumps(index))
    assert list(TOOL.saved(tmp_path)) == [("Hosted", ("Image",))]
