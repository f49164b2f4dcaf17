"""One law from nothing: trace a grid's points on a header's model, and fit them."""

from __future__ import annotations

import msgspec
import torch

from ..costs.law import Law, Shape
from . import make
from .checkout import Checkout
from .device import pretendable
from .grid import Grid
from .make import Point
from .models import Header
from .run import Subject


class Study(msgspec.Struct, frozen=True):
    """A law, the points that were traced for it, and those that no fit saw."""

    law: Law
    points: list[Point]
    trials: list[Point]


def study(
    grid: Grid, dtypes: tuple[str, str], headers: list[Header], checkout: Checkout, kept: list[Law]
) -> Study:
    """The law of a grid in one pair of dtypes. Runs inside `device.pretended`.

    The first of the `headers` is traced over the grid, the others must come out the same. A `kept` law of
    another version that gives what no fit saw and the grid's ends is taken for this version too.
    """
    subject = Subject(grid, headers[0], dtypes, pretendable())
    trials = traced(subject, grid.trials())
    about = make.About(
        (checkout.version,), (checkout.commit,), str(torch.__version__), subject.device, subject.cast
    )
    old = [law for law in kept if law.token_features and make.is_of(law, grid, dtypes, about)]
    ends = traced(subject, [grid.points()[0], grid.points()[-1]] if old else [])
    for law in old:
        if make.gives(law, trials + ends):
            return Study(said_of(law, [(checkout.version, checkout.commit)]), ends, trials)
    points = traced(subject, grid.points())
    law = make.law(grid, dtypes, subject.compute.itemsize, points, about)
    for header in headers[1:]:
        same = traced(Subject(grid, header, dtypes, pretendable()), grid.trials())
        law = make.with_errors(law, worst_held_out=make.worst(law, same))
    law = msgspec.structs.replace(law, same_for=grid.row.headers[1:])
    return Study(make.with_errors(law, worst_held_out=make.worst(law, trials)), points, trials)


def traced(subject: Subject, shapes: list[Shape]) -> list[Point]:
    """The points of these shapes, one forward each."""
    meters = ((shape, subject.trace(shape)) for shape in shapes)
    return [Point(shape, one.peak, one.series, one.convs, one.flops, one.attentions) for shape, one in meters]


def said_of(law: Law, of: list[tuple[str, str]]) -> Law:
    """The law, said of these versions and commits."""
    return msgspec.structs.replace(law, versions=tuple(v for v, _ in of), commits=tuple(c for _, c in of))
