"""CAM++, a speaker embedding network: densely connected time-delay layers, context masks.

Source: Wang, Zheng, Chen, Cheng & Chen 2023, "CAM++: A Fast and Efficient Network for Speaker
Verification Using Context-Aware Masking", https://arxiv.org/abs/2303.00332. Runs the published
checkpoint (3D-Speaker, zh_en advanced) from its tensors, by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tensor = Any
"""A torch.Tensor; torch is imported only when a network is built."""

EMBEDDING_DIMENSION = 192
_CONTEXT_FRAMES = 100
_NORM_EPSILON = 1e-5
_BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of the three dense blocks (table 1 of the paper)."""


class CamPlusPlus:
    """The network: mean-normalised filter banks to embeddings; immutable once built.

    Parameters
    ----------
    state : the checkpoint's tensors by name
    device : torch's name of the device, such as "cpu"

    Raises
    ------
    ValueError
        The checkpoint lacks a tensor, or has one that this network does not have.
    """

    def __init__(self, state: Mapping[str, Tensor], device: str = "cpu") -> None:
        import torch

        self._torch = torch
        self._functions = torch.nn.functional
        self._state = {name: tensor.float().to(device) for name, tensor in state.items()}
        self._left = {name for name in state if not name.endswith("num_batches_tracked")}
        self._ready: dict[str, tuple[Tensor, ...]] = {}
        self._prepare()
        if self._left:
            raise ValueError(f"{len(self._left)} unknown tensors, such as {min(self._left)}")
        del self._state

    def __call__(self, features: Tensor) -> Tensor:
        """Embeddings of a batch.

        Parameters
        ----------
        features : torch.Tensor, shape (batch, n_frames, 80), float32, 10 ms a frame

        Returns
        -------
        torch.Tensor, shape (batch, 192), float32, not normalised
        """
        hidden = self._head(features.transpose(1, 2)[:, None])
        hidden = self._relu(self._conv1d("xvector.tdnn", hidden, stride=2, padding=2))
        for block, (layers, dilation) in enumerate(_BLOCKS, start=1):
            for layer in range(1, layers + 1):
                fresh = self._dense(f"xvector.block{block}.tdnnd{layer}", hidden, dilation)
                hidden = self._torch.cat([hidden, fresh], dim=1)
            transit = f"xvector.transit{block}"
            hidden = self._conv1d(f"{transit}.linear", self._norm(transit, hidden))
        hidden = self._norm("xvector.out_nonlinear", hidden)
        pooled = self._torch.cat([hidden.mean(-1), hidden.std(-1, unbiased=True)], dim=-1)
        return self._conv1d("xvector.dense", pooled[..., None])[..., 0]

    def _head(self, x: Tensor) -> Tensor:
        """The 2-d front end: 80 mel bins to 10 bands of 32 channels, concatenated."""
        x = self._relu(self._conv2d("head.conv1", x, 1))
        for layer in ("head.layer1", "head.layer2"):
            x = self._residual(f"{layer}.0", x, 2)
            x = self._residual(f"{layer}.1", x, 1)
        return self._relu(self._conv2d("head.conv2", x, 2)).flatten(1, 2)

    def _residual(self, name: str, x: Tensor, stride: int) -> Tensor:
        hidden = self._relu(self._conv2d(f"{name}.conv1", x, stride))
        hidden = self._conv2d(f"{name}.conv2", hidden, 1)
        if stride > 1:
            x = self._conv2d(f"{name}.shortcut.0", x, stride, padding=0)
        return self._relu(hidden.add_(x))

    def _dense(self, name: str, x: Tensor, dilation: int) -> Tensor:
        """A convolution whose channels are masked by context over time (section 2.2)."""
        x = self._norm(f"{name}.nonlinear1", x)
        x = self._relu(self._conv1d(f"{name}.linear1", x))
        near = self._functions.avg_pool1d(x, _CONTEXT_FRAMES, _CONTEXT_FRAMES, ceil_mode=True)
        context = near + x.mean(-1, keepdim=True)
        context = self._relu(self._conv1d(f"{name}.cam_layer.linear1", context))
        mask = self._conv1d(f"{name}.cam_layer.linear2", context).sigmoid()
        wide = mask.repeat_interleave(_CONTEXT_FRAMES, dim=-1)[..., : x.shape[-1]]
        local = f"{name}.cam_layer.linear_local"
        return self._conv1d(local, x, padding=dilation, dilation=dilation) * wide

    def _relu(self, x: Tensor) -> Tensor:
        return self._torch.relu_(x)

    def _norm(self, name: str, x: Tensor) -> Tensor:
        mean, variance, scale, shift = self._ready[name]
        normal = self._functions.batch_norm(
            x, mean, variance, scale, shift, training=False, eps=_NORM_EPSILON
        )
        return self._relu(normal)

    def _conv1d(
        self, name: str, x: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> Tensor:
        weight, bias = self._ready[name]
        return self._functions.conv1d(x, weight, bias, stride, padding, dilation)

    def _conv2d(self, name: str, x: Tensor, stride: int, padding: int = 1) -> Tensor:
        weight, bias = self._ready[name]
        return self._functions.conv2d(x, weight, bias, (stride, 1), padding)

    def _prepare(self) -> None:
        """Collect all tensors, folding each batch normalisation into the convolution before it."""
        for head in ("head", "head.layer1", "head.layer2"):
            for unit in ("0", "1") if head != "head" else ("",):
                prefix = f"{head}.{unit}".rstrip(".")
                self._fold(f"{prefix}.conv1", f"{prefix}.conv1", f"{prefix}.bn1")
                self._fold(f"{prefix}.conv2", f"{prefix}.conv2", f"{prefix}.bn2")
            if head != "head":
                shortcut = f"{head}.0.shortcut"
                self._fold(f"{shortcut}.0", f"{shortcut}.0", f"{shortcut}.1")
        for edge in ("xvector.tdnn", "xvector.dense"):
            self._fold(edge, f"{edge}.linear", f"{edge}.nonlinear.batchnorm")
        for block, (layers, _) in enumerate(_BLOCKS, start=1):
            for layer in range(1, layers + 1):
                self._prepare_dense(f"xvector.block{block}.tdnnd{layer}")
            self._take_norm(f"xvector.transit{block}", f"xvector.transit{block}.nonlinear")
            self._take_conv(f"xvector.transit{block}.linear")
        self._take_norm("xvector.out_nonlinear", "xvector.out_nonlinear")

    def _prepare_dense(self, name: str) -> None:
        self._take_norm(f"{name}.nonlinear1", f"{name}.nonlinear1")
        self._fold(f"{name}.linear1", f"{name}.linear1", f"{name}.nonlinear2.batchnorm")
        for part in ("linear_local", "linear1", "linear2"):
            self._take_conv(f"{name}.cam_layer.{part}")

    def _take(self, name: str) -> Tensor:
        if name not in self._left:
            raise ValueError(f"no tensor {name}")
        self._left.discard(name)
        return self._state[name]

    def _maybe(self, name: str) -> Tensor | None:
        return self._take(name) if name in self._left else None

    def _take_norm(self, name: str, source: str) -> None:
        parts = ("running_mean", "running_var", "weight", "bias")
        self._ready[name] = tuple(self._take(f"{source}.batchnorm.{part}") for part in parts)

    def _take_conv(self, name: str) -> None:
        self._ready[name] = (self._take(f"{name}.weight"), self._maybe(f"{name}.bias"))

    def _fold(self, name: str, conv: str, norm: str) -> None:
        """Fold a batch normalisation into the convolution before it."""
        weight = self._take(f"{conv}.weight")
        scale = (self._take(f"{norm}.running_var") + _NORM_EPSILON).rsqrt()
        shift = -self._take(f"{norm}.running_mean") * scale
        gain, offset = self._maybe(f"{norm}.weight"), self._maybe(f"{norm}.bias")
        if gain is not None and offset is not None:
            scale, shift = scale * gain, shift * gain + offset
        self._ready[name] = (weight * scale.view(-1, *[1] * (weight.dim() - 1)), shift)
