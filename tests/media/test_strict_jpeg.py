from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from trainset.media.image import decode_image
from trainset.media.strict_jpeg import decode_strictly

from .inputs import colours, picture


@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    quality=st.integers(20, 98),
    subsampling=st.integers(0, 2),
    progressive=st.booleans(),
    grey=st.booleans(),
)
def test_pixels_are_those_of_pillow(
    width: int, height: int, quality: int, subsampling: int, progressive: bool, grey: bool
) -> None:
    target = io.BytesIO()
    whole = Image.fromarray(colours(width, height)).convert("L" if grey else "RGB")
    whole.save(target, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
    pixels = decode_strictly(target.getvalue(), width, height)
    with Image.open(target) as opened:
        assert pixels is not None
        assert np.array_equal(pixels, np.asarray(opened.convert("RGB")))


def test_another_size_than_it_has_is_refused() -> None:
    data = picture("JPEG")
    assert decode_strictly(data, 64, 48) is not None
    assert decode_strictly(data, 48, 64) is None


@pytest.mark.parametrize("keep", [0.4, 0.6, 0.8])
def test_data_taken_out_of_the_middle_are_remarked_on(keep: float) -> None:
    data = picture("JPEG", colours(320, 240))
    middle = int(len(data) * keep)
    damaged = data[:middle] + data[middle + 60 :]
    assert decode_image(data).remarks == ()
    (remark, *_) = decode_image(damaged).remarks
    assert remark.startswith("picture damaged")
