"""A prompt's two runs as system memory sees them, for tests."""

from msgspec.structs import replace
from prompts import nowhere
from vram_forecast.estimator.forecast.files import Files
from vram_forecast.estimator.forecast.keeper import Keeper
from vram_forecast.estimator.forecast.plan import Plan
from vram_forecast.estimator.forecast.ram import Ram
from vram_forecast.estimator.forecast.step import Worker
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime import manager
from vram_forecast.estimator.runtime.cache import result_cache
from vram_forecast.estimator.units import GIB
from vram_forecast.estimator.workflow.lower import lower
from vram_forecast.estimator.workflow.read import read

PUBLISHED = Library(nowhere)


def here(gpu="rtx-4090", ram=32, comfy="0.33.0", system="linux", flags="", swap=None, disk=""):
    """A machine; RAM and swap in GiB, `swap` None where it is not known."""
    found = machine(gpu=gpu, ram=ram, system=system, comfy=comfy, flags=flags)
    return replace(found, host=replace(found.host, swap=swap and round(swap * GIB), disk=disk))


def workload(prompt, library=PUBLISHED):
    """A lowered prompt; published files stand for all others."""
    return lower(read(prompt), library)


class Runs:
    """Both runs of a prompt, as a forecast goes through them."""

    def __init__(self, prompt, change=lambda work: work, library=PUBLISHED, **more):
        """`change`: what becomes of the workload first."""
        self.machine, self.work = here(**more), change(workload(prompt, library))
        parts = {key: one.component for key, one in self.work.loaded.items() if one.component}
        keep = Keeper(self.work, self.machine)
        held = {key: keep.held(key) for key, part in parts.items() if part.role != "lora"}
        worker = Worker(self.machine, manager(self.machine, held.values()), parts)
        self.plan, self.ram = Plan(self.work, result_cache(self.machine)), Ram(self.work, held, self.machine)

        def place(steps):
            return [worker.place(one, keep.models(one)) for one in steps]

        self.files, self.placed = Files(self.machine, self.ram.files), place(self.plan.first())
        self.results = self.plan.hold(100 * GIB)
        self.first = self.ram.first(self.plan, self.placed, self.results)
        self.repeated = place(self.plan.next())
        self.again = self.ram.again(self.repeated, self.results)

    def moves(self):
        """The steps of both runs, with what they move."""
        for placed, course, kept in ((self.placed, self.first, False), (self.repeated, self.again, True)):
            yield from zip(placed, course.steps, self.files.run(placed, course, kept=kept), strict=True)

    def at(self, node):
        """The moments of a node in the first run, without what the programs take."""
        return [one.total - one.programs for one in self.first.moments if one.node == node]
