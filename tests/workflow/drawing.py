"""Workflows drawn in a few words, as ComfyUI would save them."""

from itertools import count

from vram_forecast.estimator.workflow import read

MUTED, BYPASSED = 2, 4


def node(number, kind, values=(), mode=0, types=None, outputs=None, **takes):
    """A drawn node: `model="1.0"` takes output 0 of node 1; a leading underscore marks a widget's own input.

    `types` are the types of its inputs where no definition has them, `outputs` those of its outputs.
    """
    return {
        "id": number,
        "type": kind,
        "values": values,
        "mode": mode,
        "types": types or {},
        "outputs": outputs or [],
        "takes": takes,
        "properties": {},
    }


def draw(nodes, ends=()):
    """Nodes and links as a saved sheet has them: `ends` are what the sheet's own outputs take."""
    wires, saved, number = [], {}, count(1)
    for one in nodes:
        one = dict(one)
        takes, types = one.pop("takes"), one.pop("types")
        kinds, values = one.pop("outputs"), one.pop("values")
        saved[str(one["id"])] = one | {
            "pos": one.get("pos", [0, 0]),
            "size": [200, 100],
            "flags": {},
            "order": 0,
            "inputs": [slot(name, types, next(number) if origin else None) for name, origin in takes.items()],
            "outputs": [{"name": kind, "type": kind, "links": []} for kind in kinds],
            "widgets_values": values if isinstance(values, dict) else list(values),
        }
        wires += [
            (*origin.split("."), one["id"], place) for place, origin in enumerate(takes.values()) if origin
        ]
    wires += [(*origin.split("."), -20, place) for place, origin in enumerate(ends)]
    for link, (origin, place, _, _) in enumerate(wires, 1):
        if origin in saved:
            outputs = saved[origin]["outputs"]
            outputs += [{"name": "*", "type": "*", "links": []} for _ in range(int(place) + 1 - len(outputs))]
            outputs[int(place)]["links"].append(link)
    links = [
        [
            link,
            -10 if origin == "in" else known(origin, saved),
            int(place),
            target,
            end,
            kind(origin, place, saved),
        ]
        for link, (origin, place, target, end) in enumerate(wires, 1)
    ]
    return list(saved.values()), links


def known(origin, saved):
    """A node's id as it was drawn."""
    return saved[origin]["id"] if origin in saved else int(origin)


def kind(origin, place, saved):
    """The type of a link: that of the output which it leaves."""
    return saved[origin]["outputs"][int(place)]["type"] if origin in saved else "*"


def slot(name, types, link):
    """An input, `_name` being that of a widget."""
    plain = name.removeprefix("_")
    widget = {"widget": {"name": plain}} if plain != name else {}
    return {"name": plain, "type": types.get(plain, "*"), "link": link} | widget


def workflow(*nodes, subgraphs=(), **extra):
    """A workflow of version 0.4."""
    saved, links = draw(nodes)
    return {
        "id": "00000000-0000-4000-8000-000000000000",
        "revision": 0,
        "version": 0.4,
        "config": {},
        "groups": [],
        "last_node_id": max([n["id"] for n in nodes if isinstance(n["id"], int)], default=0),
        "last_link_id": len(links),
        "nodes": saved,
        "links": links,
        "definitions": {"subgraphs": list(subgraphs)},
        "extra": {},
    } | extra


KEYS = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")


def subgraph(name, *nodes, inputs=(), outputs=(), ends=()):
    """A subgraph's definition: `inputs` and `outputs` are names with types, `ends` what the outputs take."""
    saved, links = draw(nodes, ends)
    rows = [dict(zip(KEYS, link, strict=True)) for link in links]
    for row in rows:
        if row["origin_id"] == -10 and row["origin_slot"] < len(inputs):
            row["type"] = inputs[row["origin_slot"]][1]
    return {
        "id": name,
        "name": name,
        "version": 1,
        "revision": 0,
        "config": {},
        "groups": [],
        "widgets": [],
        "state": {"lastGroupId": 0, "lastNodeId": 0, "lastLinkId": len(links), "lastRerouteId": 0},
        "inputNode": {"id": -10, "bounding": [0, 0, 1, 1]},
        "outputNode": {"id": -20, "bounding": [0, 0, 1, 1]},
        "inputs": [
            {
                "id": f"{name}-in-{i}",
                "name": one,
                "type": kind,
                "linkIds": [r["id"] for r in rows if r["origin_id"] == -10 and r["origin_slot"] == i],
            }
            for i, (one, kind) in enumerate(inputs)
        ],
        "outputs": [
            {
                "id": f"{name}-out-{i}",
                "name": one,
                "type": kind,
                "linkIds": [r["id"] for r in rows if r["target_id"] == -20 and r["target_slot"] == i],
            }
            for i, (one, kind) in enumerate(outputs)
        ],
        "nodes": saved,
        "links": rows,
        "extra": {},
    }


def promoting(host, *pairs):
    """A host that lists promoted widgets the old way."""
    return host | {"properties": {"proxyWidgets": [list(pair) for pair in pairs]}}


def as_version_1(drawing):
    """The same workflow in the format's version 1: links as objects, and its state in one place."""
    kept = {key: one for key, one in drawing.items() if key not in ("last_node_id", "last_link_id")}
    state = {"lastNodeId": drawing["last_node_id"], "lastLinkId": drawing["last_link_id"], "lastGroupId": 0}
    links = [dict(zip(KEYS, link, strict=True)) for link in drawing["links"]]
    return kept | {"version": 1, "state": state | {"lastRerouteId": 0}, "links": links}


def sampler(number, seed=1, **given):
    """A KSampler with its seven saved values."""
    return node(number, "KSampler", [seed, "randomize", 20, 8, "euler", "normal", 1], **given)


def sampled(seed=1, **links):
    """What a `sampler` sends."""
    sent = {"seed": seed, "steps": 20, "cfg": 8, "sampler_name": "euler", "scheduler": "normal", "denoise": 1}
    return sent | links


# The inputs of a KSampler in front of those of its widgets.
EMPTY = {"model": None, "positive": None, "negative": None, "latent_image": None}
MODEL = node(1, "UNETLoader", ["flux.safetensors", "default"])
UNET = {"unet_name": "flux.safetensors", "weight_dtype": "default"}
SAMPLING = subgraph(
    "sampling",
    sampler(5, _seed="in.0", model="in.1"),
    inputs=[("seed", "INT"), ("model", "MODEL")],
    outputs=[("LATENT", "LATENT")],
    ends=["5.0"],
)


def nest(depth):
    """Subgraphs inside each other, `depth` of them."""
    levels = [subgraph(f"level {n}", node(n, f"level {n + 1}")) for n in range(depth)]
    return workflow(node(9999, "level 0"), subgraphs=[*levels, subgraph(f"level {depth}", sampler(77777))])


def group(*nodes, external=(), config=None):
    """What group nodes of a type consist of, as `extra.groupNodes` has it; `0.1` is output 1 of node 0."""
    saved, links = draw(nodes)
    kinds = {str(one["id"]): [output["type"] for output in one["outputs"]] for one in saved}
    place = {str(one["id"]): number for number, one in enumerate(saved)}
    rows = [
        [place[str(origin)], number, place[str(target)], end, origin, kinds[str(origin)][number]]
        for _, origin, number, target, end, _ in links
    ]
    for one in saved:
        one["index"] = place[str(one.pop("id"))]
        one["inputs"] = [slot | {"link": None} for slot in one["inputs"]]
        one["outputs"] = [output | {"links": []} for output in one["outputs"]]
    return {"nodes": saved, "links": rows, "external": list(external), "config": config or {}}


def sent_by(drawing):
    """The inputs of each node that is sent, by its id."""
    return {key: one["inputs"] for key, one in read(drawing).prompt().items()}
