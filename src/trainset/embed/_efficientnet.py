"""EfficientNet-Lite0 (Tan and Le 2019; Google's Lite variant without squeeze-and-excitation) as an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import DamagedModel

DIM = 1280
GRAPH = 1
"""Changes when the graph that is written does."""
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Of the depthwise convolution of each block."""
_EPSILON = 1e-3  # of its batch norm


def graph(weights: Mapping[str, NDArray[Any]], where: str) -> bytes:
    """The network up to its pooled 1,280 features, batch norm folded into the convolutions: `images` (n, side, side, 3) uint8
    RGB in, `embeddings` (n, 1280) float32 out. Raises `DamagedModel` when a weight is missing."""
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: NDArray[Any] | np.float32) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind: str, inputs: list[str], **attributes: Any) -> str:
        name = f"{kind.lower()}{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    low, high = constant("zero", np.float32(0)), constant("six", np.float32(6))

    def convolution(before: str, name: str, norm: str, stride: int = 1, groups: int = 1, *, active: bool = True) -> str:
        """A convolution with its batch norm, padded as TensorFlow does, and ReLU6."""
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + np.float32(_EPSILON))
        kernel = constant(f"{name}.weight", weights[f"{name}.weight"] * scale[:, None, None, None])
        bias = constant(f"{name}.bias", weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale)
        made = node(
            "Conv", [before, kernel, bias], auto_pad="SAME_UPPER", strides=[stride, stride], group=groups
        )  # fmt: skip
        return node("Clip", [made, low, high]) if active else made

    try:
        flow = node("Cast", ["images"], to=TensorProto.FLOAT)
        flow = node("Sub", [flow, constant("middle", np.float32(127))])
        flow = node("Div", [flow, constant("range", np.float32(128))])
        flow = node("Transpose", [flow], perm=[0, 3, 1, 2])
        flow = convolution(flow, "_conv_stem", "_bn0", 2)
        for number, stride in enumerate(_STRIDES):
            block = f"_blocks.{number}"
            before, groups = flow, len(weights[f"{block}._depthwise_conv.weight"])
            if f"{block}._expand_conv.weight" in weights:
                flow = convolution(flow, f"{block}._expand_conv", f"{block}._bn0")
            flow = convolution(flow, f"{block}._depthwise_conv", f"{block}._bn1", stride, groups)
            flow = convolution(flow, f"{block}._project_conv", f"{block}._bn2", active=False)
            last = f"_blocks.{number - 1}._project_conv.weight"
            if stride == 1 and number and len(weights[last]) == len(weights[f"{block}._project_conv.weight"]):
                flow = node("Add", [flow, before])
        flow = node("GlobalAveragePool", [convolution(flow, "_conv_head", "_bn1")])
    except KeyError as error:
        raise DamagedModel("a weight of the network is missing", where=where, got=str(error)) from error
    nodes.append(helper.make_node("Flatten", [flow], ["embeddings"]))
    made = helper.make_graph(
        nodes, "efficientnet_lite0",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", "side", "side", 3])],
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", DIM])],
        constants,
    )  # fmt: skip
    model = helper.make_model(made, producer_name="trainset", opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
