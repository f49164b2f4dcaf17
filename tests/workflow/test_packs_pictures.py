"""Nodes of packs that count, size, split and join pictures and videos."""

import pytest
from prompts import node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import lower, read
from vram_forecast.estimator.workflow.bundle import Bundle, merged
from vram_forecast.estimator.workflow.functions import FUNCTIONS
from vram_forecast.estimator.workflow.rules import rules
from vram_forecast.estimator.workflow.state import Here, State
from vram_forecast.estimator.workflow.values import Audio, Conditioning, Image, Latent, Net, Unknown, Video

PICTURE = Image(1, 720, 1280)


def given(class_type, state=None, **inputs):
    """What a node of that type gives, with values where its links would bring them."""
    prompt = {"1": node(class_type, **{name: value for name, value in inputs.items() if plain(value)})}
    state = state or State(read(prompt), Library(nowhere))
    links = {name: value for name, value in inputs.items() if not plain(value)}
    here = Here(state, state.graph.nodes["1"], links)
    here.linked = lambda name: inputs.get(name) not in (None, "", False)
    return rules()[class_type].work(here)


def plain(value):
    """Whether a value can stand in a prompt."""
    return isinstance(value, str | int | float | bool | dict)


def video(frames=100, rate=25.0, width=1280, height=720):
    return Video(Image(frames, height, width), rate, Audio(int(frames / rate * 48000), 48000))


@pytest.fixture
def opened(monkeypatch):
    """Input files that hold what a test says."""
    from vram_forecast.estimator.workflow.acts.other import Open

    def hold(value):
        monkeypatch.setattr(Open, "do", lambda self, here: {self.into: value})

    return hold


def load_video(**widgets):
    kept = {"force_rate": 0, "custom_width": 0, "custom_height": 0, "frame_load_cap": 0}
    kept |= {"skip_first_frames": 0, "select_every_nth": 1, "format": "None"}
    return given("VHS_LoadVideo", video="a.mp4", **(kept | widgets))


@pytest.mark.parametrize(
    "widgets, frames",
    [
        ({}, 100),
        ({"frame_load_cap": 30}, 30),
        ({"force_rate": 12.5}, 50),
        ({"skip_first_frames": 10}, 90),
        ({"select_every_nth": 3}, 34),
        ({"skip_first_frames": 1, "select_every_nth": 2, "frame_load_cap": 10}, 10),
        ({"format": "Wan"}, 97),
        ({"format": "LTXV"}, 97),
        ({"format": "Mochi"}, 97),
        ({"format": "Wan", "frame_load_cap": 30}, 29),
    ],
)
def test_a_loaded_video_has_the_frames_that_its_widgets_leave(opened, widgets, frames):
    opened(video())
    images, count, *_ = load_video(**widgets)
    assert (images.count, count) == (frames, frames)


@pytest.mark.parametrize(
    "widgets, size",
    [
        ({}, (1280, 720)),
        ({"custom_width": 640}, (640, 360)),
        ({"custom_height": 100}, (178, 100)),
        ({"custom_height": 100, "format": "AnimateDiff"}, (176, 104)),
        ({"custom_width": 700, "custom_height": 400, "format": "LTXV"}, (704, 416)),
    ],
)
def test_a_loaded_video_is_brought_to_the_sides_of_its_format(opened, widgets, size):
    opened(video())
    images, *_ = load_video(**widgets)
    assert (images.width, images.height) == size


def test_a_video_tells_of_its_source_and_of_what_was_loaded(opened):
    opened(video())
    *_, facts = load_video(force_rate=10, custom_width=640)
    assert given("VHS_VideoInfo", video_info=facts) == (25.0, 100, 4.0, 1280, 720, 10, 40, 4.0, 640, 360)
    assert given("VHS_VideoInfoLoaded", video_info=facts) == (10, 40, 4.0, 640, 360)


@pytest.mark.parametrize("at, left, right", [(3, 3, 7), (-3, 7, 3), (99, 10, 0)])
def test_a_batch_is_split(at, left, right):
    first, count, second, rest = given("VHS_SplitImages", images=Image(10, 64, 64), split_index=at)
    assert (first.count, count, second.count, rest) == (left, left, right, right)


@pytest.mark.parametrize(
    "strategy, size", [("match A", 64), ("match B", 96), ("match smaller", 64), ("match larger", 96)]
)
def test_merged_pictures_have_the_size_that_is_asked_for(strategy, size):
    merged_images, count = given(
        "VHS_MergeImages", images_A=Image(2, 64, 64), images_B=Image(3, 96, 96), merge_strategy=strategy
    )
    assert (merged_images.count, merged_images.width, count) == (5, size, 5)


def test_a_list_of_places_is_counted_and_a_range_is_not():
    assert given("VHS_SelectImages", image=Image(10, 64, 64), indexes="0,3,4")[0].count == 3
    assert isinstance(given("VHS_SelectImages", image=Image(10, 64, 64), indexes="0:3")[0], Unknown)


RESIZE = {"width": 512, "height": 512, "divisible_by": 2, "keep_proportion": "stretch"}


@pytest.mark.parametrize(
    "widgets, size",
    [
        ({}, (512, 512)),
        ({"width": 0}, (1280, 512)),
        ({"keep_proportion": "crop"}, (512, 512)),
        ({"keep_proportion": "resize"}, (512, 288)),
        ({"keep_proportion": "resize", "width": 0, "height": 360}, (640, 360)),
        ({"keep_proportion": "resize", "width": 0, "height": 0}, (1280, 720)),
        ({"keep_proportion": "resize", "divisible_by": 64}, (512, 256)),
        ({"keep_proportion": "pad"}, (512, 512)),
        ({"keep_proportion": "pad_edge", "width": 500, "height": 500, "divisible_by": 16}, (496, 496)),
        ({"keep_proportion": "total_pixels"}, (682, 384)),
    ],
)
def test_kjnodes_resizes_as_it_is_told(widgets, size):
    image, width, height, mask = given("ImageResizeKJv2", image=PICTURE, **(RESIZE | widgets))
    assert (image.width, image.height) == (width, height) == (mask.width, mask.height) == size


def test_kjnodes_takes_the_size_of_another_picture():
    like = Image(1, 100, 200)
    image, *_ = given("ImageResizeKJ", image=PICTURE, get_image_size=like, width=0, height=0, divisible_by=64)
    assert (image.width, image.height) == (200, 100)


@pytest.mark.parametrize(
    "direction, match, size",
    [("right", True, (1280 + 1280, 720)), ("down", False, (1280, 720 + 360)), ("right", False, (1920, 720))],
)
def test_pictures_side_by_side(direction, match, size):
    both = {"image1": PICTURE, "image2": Image(5, 360, 640)}
    (image,) = given("ImageConcanate", direction=direction, match_image_size=match, **both)
    assert (image.width, image.height, image.count) == (*size, 5)


@pytest.mark.parametrize("start, number, left", [(0, 4, 4), (8, 4, 2), (-1, 3, 3)])
def test_a_range_ends_where_the_batch_ends(start, number, left):
    images, masks = given(
        "GetImageRangeFromBatch", images=Image(10, 8, 8), start_index=start, num_frames=number
    )
    assert images.count == left
    assert isinstance(masks, Unknown)


@pytest.mark.parametrize(
    "widgets, size",
    [
        ({"width": 640, "height": 640, "fit": "crop"}, (640, 640)),
        ({"width": 640, "height": 640, "fit": "contain"}, (640, 360)),
        ({"width": 640, "height": 0, "fit": "crop"}, (640, 360)),
        ({"width": 50, "height": 50, "fit": "crop", "measurement": "percentage"}, (640, 360)),
        ({"width": 0, "height": 0, "fit": "crop"}, (1280, 720)),
    ],
)
def test_rgthree_resizes_as_it_is_told(widgets, size):
    image, width, height = given(
        "Image Resize (rgthree)", **({"measurement": "pixels"} | widgets), image=PICTURE
    )
    assert (image.width, image.height) == (width, height) == size


@pytest.mark.parametrize(
    "widgets, size",
    [
        ({"method": "stretch"}, (512, 512)),
        ({"method": "keep proportion"}, (512, 288)),
        ({"method": "keep proportion", "width": 0}, (910, 512)),
        ({"method": "pad"}, (512, 512)),
        ({"method": "stretch", "condition": "upscale if smaller"}, (1280, 720)),
        ({"method": "stretch", "multiple_of": 100}, (500, 500)),
    ],
)
def test_essentials_resizes_as_it_is_told(widgets, size):
    kept = {"width": 512, "height": 512, "condition": "always", "multiple_of": 0}
    image, width, height = given("ImageResize+", image=PICTURE, **(kept | widgets))
    assert (image.width, image.height) == (width, height) == size


def test_a_preprocessor_gives_its_picture_at_the_resolution_of_the_shorter_side():
    (image,) = given("DepthAnythingPreprocessor", image=PICTURE, resolution=512)
    assert (image.width, image.height) == (910, 512)


def test_interpolation_puts_frames_between_frames():
    (frames,) = given("RIFE VFI", frames=Image(81, 480, 832), multiplier=2)
    assert frames.count == 161


@pytest.mark.parametrize("text, size", [("1024 x 768 (4:3)", (1024, 768)), ("512x512", (512, 512))])
def test_a_size_is_read_from_a_widget_s_text(text, size):
    assert FUNCTIONS["dimensions_of"](text) == size


def test_a_size_that_is_not_there_is_unknown():
    kept = {"invert": False, "batch_size": 1}
    assert isinstance(given("EmptyLatentImagePresets", dimensions="custom", **kept)[0], Unknown)
    (latent, width, height) = given("EmptyLatentImagePresets", dimensions="512 x 768", **kept)
    assert (latent, width, height) == (Latent(1, 1, 96, 64, cell=8), 512, 768)


def test_the_last_of_merged_pipes_wins():
    pipe = merged(Bundle({"a": 1, "b": 2}), None, Bundle({"b": 3}))
    assert pipe.items == {"a": 1, "b": 3}


def test_a_stack_puts_every_net_on_a_prompt():
    stack = FUNCTIONS["chained"]((Net("a"),), None, Net("b"))
    assert FUNCTIONS["all_controls"](Conditioning(77), stack).controls == ("a", "b")


def test_arithmetic_of_packs_names_inputs():
    whole, number = given("SimpleMath+", value="a * 2 + b", a=3, b=0.5)
    assert (whole, number) == (6, 6.5)


def test_a_vae_that_nobody_knows_gives_no_sizes():
    work = lower(
        read(
            {
                "1": node("EmptyImage", width=64, height=64, batch_size=1, color=0),
                "2": node("VAELoader", vae_name="mine.safetensors"),
                "3": node("VAEEncode", pixels=["1", 0], vae=["2", 0]),
                "4": node("VAEDecode", samples=["3", 0], vae=["2", 0]),
                "5": node("SaveImage", images=["4", 0], filename_prefix="x"),
            }
        ),
        Library(nowhere),
    )
    assert [step.shape for step in work.steps] == [None, None]
    assert "mine.safetensors" in work.steps[0].unknown
