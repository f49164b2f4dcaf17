"""Edits made one after the other, each in the first way that reads as it should."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy

from msgspec.structs import replace

from ...errors import InputError
from ..document import from_document
from ..edits import Edit, apply
from ..graph import Graph, Link
from . import nodes, prompt
from .compare import different
from .document import loadable
from .drawing import Drawing, settled
from .follow import Loaded
from .groups import ways_in_group
from .models import File, tell
from .rename import named, names_for, path_of, twins
from .setting import Way, ways_to_set
from .sheet import Json

AGAIN = "Make this change in ComfyUI."
SHARED = "its subgraph stands {} times in the workflow, and the others would be changed too"
UNPACK = "Unpack that subgraph in ComfyUI, or change all of them alike."


class Draft:
    """A drawn workflow on its way: as it is by now, and the graph that it stands for.

    `touched`: the nodes that are new or of another class.
    """

    def __init__(self, document: Json, edits: Sequence[Edit]) -> None:
        """`document` is changed; a node that an edit inserts gets an id there."""
        workflow = settled(document)
        was = from_document(document)
        self.names = names_for(document, workflow, edits)
        self.document, self.graph = document, from_document(document)
        self.names |= moved(was, self.graph)
        self.touched = {named(edit, self.names).node for edit in edits if edit.op in ("insert", "replace")}

    def make(self, edits: list[Edit], pending: Sequence[Edit] = ()) -> list[Edit]:
        """Make edits that are one change of the document; those of `pending` that were made with them.

        Raises `InputError` with what hinders it.
        """
        loaded = Loaded(settled(self.document))
        wrong = InputError("that place was not found", do=AGAIN)
        for way in ways(loaded, edits[0]):
            drawing = Drawing(deepcopy(self.document))
            try:
                way(drawing)
                graph = from_document(drawing.document)
            except InputError as error:
                wrong = error
                continue
            more = along(edits, pending, self.graph, graph)
            shared = max(drawing.uses.get(sheet, 1) for sheet in (*drawing.changed, ""))
            if shared > len({path_of(edit.node)[0] for edit in edits}):
                wrong = InputError(SHARED.format(shared), do=UNPACK)
            elif why := different(graph, apply(self.graph, [*edits, *more]), self.touched):
                wrong = InputError(why, do=AGAIN)
            else:
                self.document, self.graph = drawing.document, graph
                return more
        raise wrong


def amend(document: Json, edits: Iterable[Edit], downloads: Sequence[File] = ()) -> Json:
    """A copy of a saved workflow or prompt with the edits made in it; the one given stays as it is.

    `document`: decoded JSON, in whatever wrapping; what ComfyUI can load again is given. `edits` name nodes
    as the flat graph does. `downloads`: files that have to be had, which the nodes that name them then offer.
    Raises `InputError` for an edit that cannot be made without changing more: what is given reads as the
    graph of `document` after the edits does.
    """
    given, listed = deepcopy(loadable(document)), list(edits)
    if not listed and not downloads:
        return given
    if not isinstance(given.get("nodes"), list):
        known(from_document(given), listed)
        return prompt.edited(given, listed)
    try:
        return drawn(given, listed, downloads)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError("the workflow has not the shape that ComfyUI saves", do=AGAIN) from error


def drawn(document: Json, edits: Sequence[Edit], downloads: Sequence[File]) -> Json:
    """A drawn workflow, which is changed, with the edits made in it. Raises what a broken one leads to."""
    draft = Draft(document, edits)
    before, renamed = draft.graph, [named(edit, draft.names) for edit in edits]
    known(before, renamed)
    draw(draft, renamed)
    wrong = different(draft.graph, apply(before, renamed), draft.touched)
    tell(draft.document, before, draft.graph, renamed, downloads)
    wrong = wrong or different(from_document(draft.document), draft.graph, ())
    if wrong:
        raise InputError(f"the workflow would not be changed as it should: {wrong}", do=AGAIN)
    return draft.document


def known(graph: Graph, edits: Sequence[Edit]) -> None:
    """Raise `InputError` for an edit that names a node which is not there by then."""
    there = set(graph.nodes)
    for edit in edits:
        if edit.op == "insert":
            there.add(edit.node)
        values = (edit.value, *edit.inputs.values(), *edit.instead.values())
        links = [one.node for one in values if isinstance(one, Link)]
        missing = [key for key in (edit.node, *(one.node for one in edit.feeds), *links) if key not in there]
        if missing:
            raise InputError(f"no node is called `{missing[0]}`", where="edits", do=graph.ends())
        there -= {edit.node} if edit.op == "remove" else set()


def draw(draft: Draft, edits: Sequence[Edit]) -> None:
    """Make all edits in a drawn workflow. Raises `InputError` for one that cannot be made."""
    pending = list(edits)
    while pending:
        edit = pending.pop(0)
        parts = split(draft, edit)
        if parts:
            alike = twins(draft.document, edit, pending)
            later = [split(draft, one) if one in alike else [one] for one in pending]
            pending = [*parts, *(one for ones in later for one in ones)]
            continue
        try:
            made = make_alike(draft, edit, pending)
        except InputError as error:
            if not edit.instead:
                what = f"cannot {edit.op} here: {error.what}"
                raise InputError(what, where=f"node {edit.node}", do=error.do) from None
            pending[:0] = relinked(draft.graph, edit)
        else:
            pending = [one for one in pending if one not in made]


def make_alike(draft: Draft, edit: Edit, pending: Sequence[Edit]) -> list[Edit]:
    """Make one edit, alone or with its like in the other uses of its subgraph; what of `pending` is done."""
    try:
        return draft.make([edit], pending)
    except InputError:
        alike = twins(draft.document, edit, pending)
        if not alike:
            raise
        draft.make([edit, *alike])
        return alike


def along(edits: list[Edit], pending: Sequence[Edit], was: Graph, now: Graph) -> list[Edit]:
    """The edits that come next and were made with these: what sets another input that takes the same."""
    found: list[Edit] = []
    for one in pending if edits[0].op == "set" else ():
        if one.op != "set":
            break
        old = was.nodes[one.node].inputs.get(one.input)
        new = now.nodes[one.node].inputs.get(one.input) if one.node in now.nodes else None
        if old != new and new == one.value:
            found.append(one)
    return found


def split(draft: Draft, edit: Edit) -> list[Edit]:
    """An edit as several where it changes links as well; none where it is one already."""
    if edit.op == "insert" and edit.feeds:
        takes = [
            Edit("set", one.node, input=one.input, value=Link(edit.node, one.slot)) for one in edit.feeds
        ]
        return [replace(edit, feeds=()), *takes]
    if edit.op == "replace":
        linked = set(draft.graph.nodes[edit.node].inputs) & set(edit.inputs) if edit.inputs else set()
        later = {name for name, value in edit.inputs.items() if isinstance(value, Link)}
        later |= {name for name in linked if is_linked(draft, edit.node, name)} - set(edit.drops)
        if later:
            now = {name: value for name, value in edit.inputs.items() if name not in later}
            sets = [Edit("set", edit.node, input=name, value=edit.inputs[name]) for name in sorted(later)]
            return [replace(edit, inputs=now), *sets]
    return []


def is_linked(draft: Draft, key: str, name: str) -> bool:
    """Whether something is linked to an input of a drawn node, be it a value."""
    _, node = Loaded(settled(draft.document)).place(key)
    number = node.slot_of(name)
    return number is not None and node.slots[number].link is not None


def relinked(graph: Graph, edit: Edit) -> list[Edit]:
    """The removal of a node whose users are linked anew one by one."""
    sets = [
        Edit("set", user.id, input=name, value=edit.instead[user.links()[name].slot])
        for user, name in graph.users_of(edit.node)
        if user.links()[name].slot in edit.instead
    ]
    return [*sets, replace(edit, instead={})]


def ways(loaded: Loaded, edit: Edit) -> Iterator[Way]:
    """How an edit may be made, the best first."""
    if edit.op == "set":
        yield from ways_to_set(loaded, edit)
        yield from ways_in_group(loaded, edit)
    elif edit.op == "insert":
        yield lambda drawing: nodes.insert(drawing, edit)
    elif edit.op == "replace":
        yield lambda drawing: nodes.become(drawing, loaded, edit)
    else:
        yield lambda drawing: nodes.remove(drawing, loaded, edit)


def moved(was: Graph, now: Graph) -> dict[str, str]:
    """The new ids of nodes in group nodes: they follow the highest id that was ever used."""
    return {old: new for old, new in zip(was.nodes, now.nodes, strict=True) if old != new}
