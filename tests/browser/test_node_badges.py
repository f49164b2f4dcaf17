"""Nodes say what they come to: on the canvas and by Vue, on a subgraph's host and inside it."""

import pytest

EXAMPLE = "flux_dev_text_to_image.json"
# Near enough that badges are drawn; all nodes of the example in sight.
NEAR = (
    "() => { app.canvas.ds.scale = 0.7; app.canvas.ds.offset = [40, 120]; app.canvas.setDirty(true, true); }"
)
# What stands on the page, or what the canvas is told to write, as one text.
BY_VUE = "() => [...document.querySelectorAll('[data-node-id]')].map(one => one.innerText).join('|')"
ON_CANVAS = """() => {
    const { ctx } = app.canvas, write = ctx.fillText, written = [];
    ctx.fillText = function (text, ...at) { written.push(text); return write.call(this, text, ...at); };
    app.canvas.draw(true, true);
    delete ctx.fillText;
    return written.join("|");
}"""
SET = """([type, name, value]) => {
    const node = app.canvas.graph.nodes.find(one => one.type === type);
    node.widgets.find(one => one.name === name).value = value;
}"""
INSIDE = """() => {
    const graph = app.rootGraph, within = ["UNETLoader", "KSampler", "VAEDecode"];
    graph.convertToSubgraph(new Set(graph.nodes.filter(one => within.includes(one.type))));
    const host = graph.nodes.find(one => one.subgraph);
    host.pos = [400, 100];
}"""
ENTER = "() => app.canvas.setGraph(app.rootGraph.nodes.find(one => one.subgraph).subgraph)"


@pytest.fixture
def flux(page, root):
    page.load(root / "example_workflows" / EXAMPLE)
    page.card.use(8)
    page.fresh()
    page.tab.evaluate(NEAR)
    yield page
    page.tab.evaluate("() => app.canvas.setGraph(app.rootGraph)")


@pytest.fixture
def says(flux, renderer):
    """A function that waits until the nodes in sight say all of some texts, or none."""

    def wait(*texts, none=False):
        read, wanted = BY_VUE if renderer else ON_CANVAS, str(not none).lower()
        all_of_them = f"texts.every(one => said.includes(one) === {wanted})"
        there = f"texts => {{ const said = ({read})(); return {all_of_them}; }}"
        flux.tab.wait_for_function(there, arg=texts, polling=100, timeout=10_000)

    return wait


def test_loaders_say_bytes_and_what_the_card_holds_and_others_peak_and_time(flux, says):
    says("22.2 GB · 30 % on card", "9.1 GB · 76 % on card", "160 MB · 100 % on card")
    says("peak 7.7 GB · 64 s", "peak 2.9 GB · 1.1 s")
    flux.card.use(24)
    flux.fresh()
    says("22.2 GB · 100 % on card")


def test_a_warning_stands_on_the_step_that_would_fail(flux, says):
    flux.tab.evaluate(SET, ["EmptySD3LatentImage", "batch_size", 64])
    step = flux.fresh()["where"]
    assert "KSampler" == step["class_type"]
    says("■ out of memory: ", "/ 8 GB")


def test_a_setting_hides_them(flux, says):
    says("on card")
    flux.set("NodeBadges", False)
    says("on card", none=True)
    flux.tab.evaluate("() => app.extensionManager.command.execute('VRAMForecast.ToggleNodeBadges')")
    says("on card")


def test_a_subgraph_says_what_it_comes_to_and_its_nodes_what_they_do(flux, says):
    flux.tab.evaluate(INSIDE)
    flux.fresh()
    says("22.2 GB · peak 7.7 GB · 65 s", "9.1 GB · 76 % on card")
    flux.tab.evaluate(ENTER)
    flux.tab.evaluate(NEAR)
    says("22.2 GB · 30 % on card", "peak 7.7 GB · 64 s", "peak 2.9 GB · 1.1 s")
