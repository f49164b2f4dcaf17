"""Acts of all other networks, of switches, and of files that are looked at but not loaded."""

from __future__ import annotations

from fnmatch import fnmatch
from math import ceil
from typing import Any

from msgspec.structs import replace

from ... import facts, media
from ...costs import Shape
from ..graph import Link
from ..state import LARGEST, Here
from ..values import Audio, Image, Kind, Model, Net, Unknown, Value, Video
from .base import Act, Formula
from .pictures import image_bytes

KINDS = {"image": Image, "video": Video, "audio": Audio}


class Run(Act, frozen=True, kw_only=True, tag="run"):
    """A network over pictures, one after the other: the peak is that of one of them.

    `law`: which of its costs it pays; `side`, where the network brings its pictures to one size: pixels;
    `together`: all pictures at once; `at_once`: so many of them; `passes`: how often each is seen.
    """

    net: Formula
    image: Formula = "image"
    law: str = "forward"
    kind: Kind = "other"
    side: int = 0
    together: bool = False
    at_once: Formula = "1"
    passes: Formula = "1"

    def do(self, here: Here) -> dict[str, Value]:
        """The step; nothing to bind."""
        net, image, passes = here.value(self.net), here.value(self.image), here.number(self.passes)
        if not isinstance(net, Net | Model) or not isinstance(image, Image) or isinstance(passes, Unknown):
            known = isinstance(net, Net | Model)
            found = net if not known else image if not isinstance(image, Image) else passes
            components = (net.component,) if known else ()
            here.state.add(here.node, kind=self.kind, components=components, unknown=here.like(found).reason)
            return {}
        batch = image.count if self.together else self.batch(here, image)
        height, width = (self.side, self.side) if self.side else (image.height, image.width)
        here.state.add(
            here.node,
            kind=self.kind,
            components=(net.component,),
            law=self.law,
            shape=Shape(batch, image.channels, 1, height, width),
            repeats=ceil(image.count / batch) * passes,
        )
        return {}

    def batch(self, here: Here, image: Image) -> int:
        """How many pictures go at once."""
        wanted = here.number(self.at_once)
        return 1 if isinstance(wanted, Unknown) else max(1, min(wanted, image.count))


class Compute(Act, frozen=True, kw_only=True, tag="compute"):
    """Arithmetic on the card that needs no network, over all pictures at once.

    `bytes`: what it takes at its peak for each pixel, the picture itself included.
    """

    image: Formula = "image"
    bytes: Formula

    def do(self, here: Here) -> dict[str, Value]:
        """The step; nothing to bind."""
        image, each = here.value(self.image), here.value(self.bytes)
        if not isinstance(image, Image) or not isinstance(each, int | float):
            reason = here.like(each if isinstance(image, Image) else image).reason
            here.state.add(here.node, kind="other", components=(), unknown=reason)
            return {}
        here.state.add(
            here.node,
            kind="other",
            components=(),
            shape=Shape(image.count, image.channels, 1, image.height, image.width),
            scratch=int(each * image.count * image.height * image.width),
        )
        return {}


class Upscale(Act, frozen=True, kw_only=True, tag="upscale"):
    """Images through an upscale model in tiles of `tile` pixels that overlap by `overlap`."""

    into: str = "image"
    net: Formula = "upscale_model"
    image: Formula = "image"
    tile: int = 512
    overlap: int = 32

    def do(self, here: Here) -> dict[str, Value]:
        """The step, and the larger images."""
        net, image = here.value(self.net), here.value(self.image)
        if not isinstance(net, Net) or not isinstance(image, Image):
            known = isinstance(net, Net)
            reason = here.like(image if known else net)
            components = (net.component,) if known else ()
            here.state.add(here.node, kind="upscale", components=components, unknown=reason.reason)
            return {self.into: reason}
        large = self.enlarged(here, net, image)
        if isinstance(large, Unknown):
            here.state.add(here.node, kind="upscale", components=(net.component,), unknown=large.reason)
            return {self.into: large}
        here.state.add(
            here.node,
            kind="upscale",
            components=(net.component,),
            law="upscale",
            shape=Shape(image.count, 3, 1, image.height, image.width),
            tile=self.tile,
            overlap=self.overlap,
            output=image_bytes(large),
        )
        return {self.into: large}

    def enlarged(self, here: Here, net: Net, image: Image) -> Image | Unknown:
        """The images as large as the model makes them."""
        component = here.state.component(net.component).component
        factor = component.hyper.get("scale", 0) if component else 0
        if not factor:
            return here.unknown("how much its upscale model enlarges is not known")
        return replace(image, height=image.height * factor, width=image.width * factor)


class Choose(Act, frozen=True, kw_only=True, tag="choose"):
    """One of several inputs; `pick` gives its name, `among` are patterns of the names to choose from.

    What only the others need is not run, unless `eager`.
    """

    pick: Formula
    among: tuple[str, ...]
    into: str = "chosen"
    eager: bool = False

    def do(self, here: Here) -> dict[str, Value]:
        """The input's value, the others marked as not used."""
        name = here.value(self.pick)
        if not isinstance(name, str):
            return {self.into: here.like(name)}
        others = {
            other
            for other, value in here.node.inputs.items()
            if isinstance(value, Link) and other != name and any(fnmatch(other, one) for one in self.among)
        }
        if not self.eager:
            here.state.unused.setdefault(here.node.id, set()).update(others)
        return {self.into: here.look(str(name))}


class Open(Act, frozen=True, kw_only=True, tag="open"):
    """A picture, video or sound file of ComfyUI's input folder, measured by its header.

    Where it is not there, a usual size is assumed and said so. Binds `alpha` too: whether it has an alpha
    channel, which a file that is not there is taken to have.
    """

    file: Formula
    what: str = "image"
    into: str = "file"

    def do(self, here: Here) -> dict[str, Value]:
        """What the file holds."""
        name = here.value(self.file)
        library = here.state.library
        given = library.measured(str(name)) if isinstance(name, str) and name else None
        found = as_value(given)
        if found is not None and isinstance(found, KINDS[self.what]):
            return {self.into: found, "alpha": getattr(given, "alpha", False)}
        usual = facts.table("assumed")[self.what]
        why = library.unmeasured.get(str(name), f"`{name}` holds no {self.what}")
        here.state.assume(here.node, f"{why}: taken as {usual['as']}")
        return {self.into: as_value(usual_media(usual)), "alpha": True}


class Assume(Act, frozen=True, kw_only=True, tag="assume"):
    """What a service, a folder or a device will give: a usual picture, video or sound, and said so."""

    what: str = "image"
    into: str = "assumed"

    def do(self, here: Here) -> dict[str, Value]:
        """What is taken for it."""
        usual = facts.table("assumed")[self.what]
        here.state.assume(
            here.node, f"what {here.node.class_type} gives is not known: taken as {usual['as']}"
        )
        return {self.into: as_value(usual_media(usual))}


def as_value(found: media.Media | None) -> Image | Video | Audio | None:
    """What was measured, as it flows through a workflow; a video's sound is as long as its frames."""
    match found:
        case media.Picture():
            return Image(found.frames, found.height, found.width)
        case media.Video():
            rate = facts.table("assumed")["audio"]["rate"]
            sound = Audio(max(1, int(found.seconds * rate)), rate) if found.has_audio else None
            return Video(Image(found.frames, found.height, found.width), found.fps, sound)
        case media.Sound():
            return Audio(found.samples, found.rate)
    return None


def usual_media(usual: dict[str, Any]) -> media.Media:
    """A picture, video or sound of a usual size."""
    if "width" not in usual:
        return media.Sound(usual["seconds"] * usual["rate"], usual["rate"], 2, usual["seconds"])
    if "frames" not in usual:
        return media.Picture(usual["width"], usual["height"])
    seconds = usual["frames"] / usual["rate"]
    return media.Video(usual["width"], usual["height"], usual["frames"], usual["rate"], seconds, True)


class Calculate(Act, frozen=True, kw_only=True, tag="calculate"):
    """An arithmetic expression that comes with the workflow, by an evaluator that knows nothing else.

    Its names are the inputs of a growing group, `prefix` (the list of them all), and those inputs that
    `names` lists: 0 where not connected.
    """

    text: Formula = "expression"
    prefix: str = "values"
    names: tuple[str, ...] = ()

    def do(self, here: Here) -> dict[str, Value]:
        """The result as the number, the whole number and the truth that ComfyUI makes of it."""
        from simpleeval import InvalidExpression, SimpleEval

        from ..arithmetic import ARITHMETIC

        text = here.value(self.text)
        given = {name.rpartition(".")[2]: here.look(name) for name in here.node.inputs if "." in name}
        given |= {name: 0 if here.look(name) is None else here.look(name) for name in self.names}
        unknown = next((value for value in given.values() if isinstance(value, Unknown)), None)
        if unknown or not isinstance(text, str):
            return dict.fromkeys(("number", "whole", "truth"), unknown or here.like(text))
        try:
            names = {**given, self.prefix: list(given.values())}
            result = SimpleEval(names=names, functions=ARITHMETIC).eval(text.strip())
            if not abs(result) < LARGEST:
                raise ValueError("out of range")
            return {"number": float(result), "whole": int(result), "truth": bool(result)}
        except (InvalidExpression, SyntaxError, ArithmeticError, TypeError, ValueError, MemoryError) as error:
            reason = here.unknown(f"`{text}` cannot be worked out ({error})")
            return dict.fromkeys(("number", "whole", "truth"), reason)
