"""Runs light nodes of a real ComfyUI: `python tools/run_nodes.py COMFYUI`.

Writes tests/workflow/node_outputs.json. A case is a class, its inputs, and what it gave: pictures as
`[count, height, width, channels]` under "image", lists under "list". Sizes are random, small, and the same
each time.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parent.parent / "tests" / "workflow" / "node_outputs.json"
SOURCE = "what the nodes of ComfyUI 0.33.0 (commit 2f35f4a0) gave, run on a CPU by tools/run_nodes.py"
MODULES = (
    *("canny", "compositing", "dataset", "flux", "images", "logic", "mask", "morphology", "number_convert"),
    *("painter", "post_processing", "rebatch", "resolution", "sdpose", "seedvr", "string", "text_overlay"),
    "triposplat",
)
ROUNDS = 4
Case = dict[str, Any]


def cases(chance: random.Random) -> Iterator[tuple[str, Case]]:
    """One round of cases."""

    def side() -> int:
        return chance.randint(17, 190)

    def few() -> int:
        return chance.randint(1, 5)

    def picture(channels: int = 3, count: int | None = None) -> Case:
        return {"image": [count or few(), side(), side(), channels]}

    def mask() -> Case:
        return picture(1)

    yield "ImageScale", {"image": picture(), "width": side(), "height": chance.choice([0, side()])}
    yield "ImageScaleBy", {"image": picture(), "scale_by": chance.uniform(0.3, 2)}
    yield (
        "ImageScaleToTotalPixels",
        {
            "image": picture(),
            "megapixels": chance.uniform(0.01, 0.1),
            "resolution_steps": chance.choice([1, 8]),
        },
    )
    yield "ImageScaleToMaxDimension", {"image": picture(), "largest_size": side()}
    for kind, more in resizes(chance, side, picture):
        given = picture() if chance.random() < 0.5 else mask()
        yield "ResizeImageMaskNode", {"input": given, "resize_type": {"resize_type": kind, **more}}
    yield "ResizeAndPadImage", {"image": picture(), "target_width": side(), "target_height": side()}
    yield "ResizeImagesByShorterEdge", {"images": picture(), "shorter_edge": side()}
    yield "ResizeImagesByLongerEdge", {"images": picture(), "longer_edge": side()}
    yield "FluxKontextImageScale", {"image": picture(count=1)}
    yield (
        "ImageRotate",
        {"image": picture(), "rotation": chance.choice(["none", "90 degrees", "180 degrees"])},
    )
    yield "ImageFlip", {"image": picture(), "flip_method": "x-axis: vertically"}
    cut = {"width": side(), "height": side(), "x": side(), "y": side()}
    yield "ImageCrop", {"image": picture(), **cut}
    yield "ImageCropV2", {"image": picture(), "crop_region": cut}
    yield "CropMask", {"mask": mask(), **cut, "x": 3, "y": 16}
    yield "CenterCropImages", {"images": picture(), "width": side(), "height": side()}
    yield "RandomCropImages", {"images": picture(), "width": side(), "height": side(), "seed": 1}
    pads = {"left": 3, "top": 8, "right": 0, "bottom": 5, "feathering": 2}
    yield "ImagePadForOutpaint", {"image": picture(), **pads}
    yield "SplitImageToTileList", {"image": picture(), "tile_width": 64, "tile_height": 70, "overlap": 16}
    for direction in ("right", "down"):
        stitch = {"direction": direction, "match_image_size": chance.random() < 0.5, "spacing_width": 3}
        pair = {"image1": picture(), "image2": picture(chance.choice([3, 4]))}
        yield "ImageStitch", {**pair, **stitch, "spacing_color": "white"}
    yield "ImageBatch", {"image1": picture(), "image2": picture(4)}
    yield "BatchImagesNode", {"images": {"image0": picture(), "image1": picture(4), "image2": picture()}}
    yield "BatchMasksNode", {"masks": {"mask0": mask(), "mask1": mask()}}
    yield "RepeatImageBatch", {"image": picture(), "amount": few()}
    for start in (-2, 0, 3, 9):
        yield "ImageFromBatch", {"image": picture(), "batch_index": start, "length": few()}
    yield "RebatchImages", {"images": {"list": [picture(count=5)]}, "batch_size": {"list": [few()]}}
    same = {"size": [few(), side(), side()]}
    two = {"list": [{"image": [*same["size"], 3]}, {"image": [*same["size"], 3]}]}
    sheet = {"columns": few(), "cell_width": 40, "cell_height": 33, "padding": 4}
    yield "ImageGrid", {"images": two, **{name: {"list": [value]} for name, value in sheet.items()}}
    yield "ShuffleDataset", {"images": two, "seed": {"list": [1]}}
    yield "MergeImageLists", {"images": two}
    yield "ImageBlend", {"image1": picture(count=2), "image2": picture(count=2), "blend_factor": 0.5}
    yield "ImageBlur", {"image": picture(), "blur_radius": 2, "sigma": 1.0}
    yield "ImageSharpen", {"image": picture(), "sharpen_radius": 2, "sigma": 1.0, "alpha": 1.0}
    yield "Canny", {"image": picture(), "low_threshold": 0.2, "high_threshold": 0.8}
    yield "Morphology", {"image": picture(), "operation": "dilate", "kernel_size": 3}
    yield "ImageRGBToYUV", {"image": picture()}
    yield "MaskToImage", {"mask": mask()}
    yield "ImageToMask", {"image": picture(), "channel": "green"}
    yield "ImageColorToMask", {"image": picture(), "color": 5}
    yield "SolidMask", {"value": 1.0, "width": side(), "height": side()}
    yield "GrowMask", {"mask": mask(), "expand": 2, "tapered_corners": True}
    yield "FeatherMask", {"mask": mask(), "left": 3, "top": 3, "right": 0, "bottom": 9}
    paste = {"x": 4, "y": 9, "resize_source": chance.random() < 0.5}
    yield "ImageCompositeMasked", {"destination": picture(), "source": picture(4, 1), **paste}
    yield (
        "MaskComposite",
        {"destination": mask(), "source": picture(1, 1), "x": 3, "y": 3, "operation": "add"},
    )
    yield "SplitImageWithAlpha", {"image": picture(chance.choice([3, 4]))}
    yield "JoinImageWithAlpha", {"image": picture(), "alpha": mask()}
    blend = {name: picture(channels) for name, channels in (("source", 3), ("destination", 3))}
    alphas = {"source_alpha": mask(), "destination_alpha": mask()}
    yield "PorterDuffImageComposite", {**blend, **alphas, "mode": "SRC_OVER"}
    yield (
        "Painter",
        {"mask": "", "width": side(), "height": side(), "image": chance.choice([None, picture()])},
    )
    yield "SeedVR2Preprocess", {"resized_images": picture()}
    yield "TripoSplatPreprocessImage", {"image": picture(), "mask": mask(), "erode_radius": 1, "size": side()}
    ratio = chance.choice(["1:1 (Square)", "2:3 (Portrait Photo)", "16:9 (Widescreen)", "21:9 (Ultrawide)"])
    of = chance.choice([8, 16, 64])
    yield "ResolutionSelector", {"aspect_ratio": ratio, "megapixels": chance.uniform(0.1, 4), "multiple": of}
    yield from texts(chance)


def resizes(
    chance: random.Random, side: Callable[[], int], picture: Callable[[], Case]
) -> Iterator[tuple[str, Case]]:
    """Each way to resize of ResizeImageMaskNode."""
    yield "scale by multiplier", {"multiplier": chance.uniform(0.3, 2)}
    yield "scale dimensions", {"width": side(), "height": chance.choice([0, side()]), "crop": "center"}
    yield "scale longer dimension", {"longer_size": side()}
    yield "scale shorter dimension", {"shorter_size": side()}
    yield "scale width", {"width": side()}
    yield "scale height", {"height": side()}
    yield "scale total pixels", {"megapixels": chance.uniform(0.01, 0.1)}
    yield "match size", {"match": picture(), "crop": "center"}
    yield "scale to multiple", {"multiple": chance.choice([1, 8, 16, 300])}


def texts(chance: random.Random) -> Iterator[tuple[str, Case]]:
    """Nodes of texts and numbers."""
    for value in (True, 7, 2.9, " 12 ", "3.75", "-1e3"):
        yield "ComfyNumberConvert", {"value": value}
    yield "StringConcatenate", {"string_a": "a", "string_b": "b", "delimiter": ", "}
    yield "StringReplace", {"string": "{'a': 1}", "find": "'", "replace": '"'}
    yield "StringSubstring", {"string": "lighthouse", "start": chance.randint(-4, 4), "end": 8}
    yield "StringLength", {"string": "lighthouse"}
    for mode in ("UPPERCASE", "lowercase", "Capitalize", "Title Case"):
        yield "CaseConverter", {"string": "a Light house", "mode": mode}
    for mode in ("Both", "Left", "Right"):
        yield "StringTrim", {"string": "  a b ", "mode": mode}
    for mode in ("Equal", "Starts With", "Ends With"):
        both = {"string_a": "Light", "string_b": chance.choice(["light", "LI", "ht"])}
        yield "StringCompare", {**both, "mode": mode, "case_sensitive": chance.random() < 0.5}
    yield "StringContains", {"string": "Light", "substring": "ig", "case_sensitive": True}
    size = '{"wide": 832, "inner": {"high": 480}, "none": null}'
    for key in ("wide", "inner", "none", "missing"):
        yield "JsonExtractString", {"json_string": size, "key": key}
    yield "JsonExtractString", {"json_string": "{'no': 1}", "key": "no"}
    yield "StringFormat", {"f_string": "{a}x{b:.2f} {{}}", "values": {"a": 3, "b": 2.5}}
    yield "ComfyAndNode", {"values": {"value0": True, "value1": chance.random() < 0.5}}
    yield "ComfyOrNode", {"values": {"value0": False, "value1": chance.random() < 0.5}}
    yield "ComfyNotNode", {"value": chance.random() < 0.5}


def classes(comfyui: Path) -> dict[str, Any]:
    """The node classes of the modules, by name."""
    sys.argv = ["ask", "--cpu"]
    sys.path.insert(0, str(comfyui))
    importlib.import_module("comfy.options").enable_args_parsing()
    found = dict(importlib.import_module("nodes").NODE_CLASS_MAPPINGS)
    for name in MODULES:
        for one in vars(importlib.import_module(f"comfy_extras.nodes_{name}")).values():
            if isinstance(one, type) and hasattr(one, "define_schema"):
                try:
                    found[one.define_schema().node_id] = one
                except (NotImplementedError, ValueError):  # a base class
                    continue
    return found


def made(given: Any) -> Any:
    """An input as the node gets it."""
    import torch

    if isinstance(given, dict) and "image" in given and isinstance(given["image"], list):
        count, height, width, channels = given["image"]
        shape = (count, height, width) if channels == 1 else (count, height, width, channels)
        return torch.rand(shape, generator=torch.Generator().manual_seed(1))
    if isinstance(given, dict):
        return (
            [made(one) for one in given["list"]]
            if "list" in given
            else {k: made(v) for k, v in given.items()}
        )
    return given


def told(value: Any) -> Any:
    """An output as the table has it."""
    if hasattr(value, "shape"):
        shape = list(value.shape)
        channels = shape[-1] if len(shape) > 3 else 1
        return {"image": [*(shape[-4:-1] if len(shape) > 3 else shape), channels]}
    return {"list": list(map(told, value))} if isinstance(value, list) else value


def run(one: Any, inputs: Case) -> Any:
    """What a node gives; widgets that a case leaves out are those of its definition."""
    given = {name: made(value) for name, value in inputs.items() if value is not None}
    if hasattr(one, "define_schema"):
        schema = one.define_schema()
        rest = {item.id: getattr(item, "default", None) for item in schema.inputs if item.id not in given}
        options = {item.id: getattr(item, "options", None) for item in schema.inputs}
        filled = {k: v if v is not None else (options[k] or [None])[0] for k, v in rest.items()}
        return one.execute(**given, **{k: v for k, v in filled.items() if v is not None}).result
    method = getattr(one(), one.FUNCTION)
    required = one.INPUT_TYPES()["required"]
    rest = {k: v[0][0] for k, v in required.items() if k not in given and isinstance(v[0], list)}
    return method(**given, **rest)


def main(comfyui: Path) -> None:
    """Ask each case of each round."""
    known, rows = classes(comfyui), []
    for number in range(ROUNDS):
        for name, inputs in cases(random.Random(number)):
            try:
                outputs = [told(one) for one in run(known[name], inputs)]
            except Exception as error:  # a case that the node refuses says nothing
                print(f"{name}: {type(error).__name__}: {error}")
                continue
            rows.append({"class": name, "inputs": inputs, "outputs": outputs})
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    OUT.write_text(f'{{"source":{json.dumps(SOURCE)},\n"cases":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{OUT}: {len(rows)} cases")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
