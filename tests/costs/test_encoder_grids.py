"""What encoders are tried at, and the whole numbers that a vision tower's windows need."""

from vram_forecast.estimator.trace.grid import Grid, rows


def grid(name, operation):
    row = rows()[name]
    return Grid(row, operation, row.frames[0], row.batch)


def test_texts_have_no_size_and_pictures_no_text():
    texts, pictures = (grid("qwen25-vl-7b", operation) for operation in ("encode_text", "encode_image"))
    assert {(p.height, p.width) for p in texts.points() + texts.trials()} == {(1, 1)}
    assert {p.text_tokens for p in pictures.points() + pictures.trials()} == {0}
    assert len(texts.trials()) >= 3
    assert len(pictures.trials()) >= 3


def test_a_law_is_held_to_texts_between_those_that_were_traced():
    assert {91, 128, 181} <= {shape.text_tokens for shape in grid("qwen3-4b", "encode_text").reach()}


def test_whole_numbers_keep_their_values_among_fake_tensors(torch):
    from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
    from vram_forecast.estimator.trace.indices import RealIndices

    with FakeTensorMode(allow_non_fake_inputs=True), RealIndices():
        weights = torch.empty(4, 2)
        steps = torch.arange(6, device=torch.device("cpu")).reshape(2, 3)
        assert steps.sum(dim=1).tolist() == [3, 12]
        assert isinstance(weights, FakeTensor)
        assert isinstance(torch.arange(torch.tensor(4), dtype=torch.float32), FakeTensor)
        assert weights[torch.tensor([1, 2, 0])].shape == (3, 2)
