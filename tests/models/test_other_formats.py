"""The same model in another file format is the same components."""

import pytest
from pickle_files import archive, state, storage, tensor
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.library import Library, in_folders


def checkpoint(path, slug):
    """A checkpoint with the tensors of a header, each a view that repeats the one number of its storage."""
    shapes = {name: shape for name, (_, shape) in facts.header(slug)["tensors"].items()}
    half = storage(count=1, kind="torch.HalfStorage")
    views = {name: tensor(shape, (0,) * len(shape), stored=half) for name, shape in shapes.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    return archive(path, state(**views), {"0": 2})


@pytest.mark.parametrize("slug", ["v1-5-pruned-emaonly-fp16", "ae", "sd_xl_base_1.0"])
def test_a_checkpoint_holds_what_the_safetensors_file_holds(slug, sparse_model, tmp_path):
    expected = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
    found = identify(read(checkpoint(tmp_path / "m.ckpt", slug))).components
    assert [(one.id, one.parameters) for one in expected] == [(one.id, one.parameters) for one in found]


def test_a_file_that_cannot_be_read_is_a_problem_and_no_end(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    archive(folder / "m.pt", state(), extra=["constants.pkl"])
    found = Library(in_folders((tmp_path,))).open("checkpoints", "m.pt")
    assert (found.components, "TorchScript" in found.problem) == ((), True)
