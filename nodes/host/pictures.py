"""Pictures as nodes hand them on: a batch of height, width and three channels from 0 to 1."""


def image(png: bytes):
    """A PNG file as ComfyUI's IMAGE."""
    import io

    import numpy
    import torch
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        pixels = numpy.array(opened.convert("RGB"))
    return torch.from_numpy(pixels)[None].float().div_(255.0)


def grey(width: int, height: int):
    """A plain grey IMAGE, for where no picture can be drawn."""
    import torch

    return torch.full((1, height, width, 3), 0.5)
