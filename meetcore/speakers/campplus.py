"""CAM++: a densely connected time-delay network with context-aware masking, in torch.

Source: Wang, Zheng, Chen, Cheng & Chen 2023, "CAM++: A Fast and Efficient Network for Speaker
Verification Using Context-Aware Masking", https://arxiv.org/abs/2303.00332. Module names
follow the published checkpoint (3D-Speaker, zh_en advanced), which loads with strict=True.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

FEATURE_BINS = 80
EMBEDDING_DIMENSION = 192
_GROWTH = 32
_BOTTLENECK = 128
_CONTEXT_FRAMES = 100
_BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of the three dense blocks (table 1 of the paper)."""


def _norm(channels: int, activate: bool = True, affine: bool = True) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["batchnorm"] = nn.BatchNorm1d(channels, affine=affine)
    if activate:
        layers["relu"] = nn.ReLU(inplace=True)
    return nn.Sequential(layers)


class _Residual(nn.Module):
    """A 2-d residual block that may halve the frequency axis."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, (stride, 1), 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, channels, 1, (stride, 1), bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        hidden = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(hidden)) + self.shortcut(x))


class _Head(nn.Module):
    """The convolutional front end: 80 mel bins to 10 bands of 32 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.layer1 = nn.Sequential(_Residual(32, 2), _Residual(32, 1))
        self.layer2 = nn.Sequential(_Residual(32, 2), _Residual(32, 1))
        self.conv2 = nn.Conv2d(32, 32, 3, (2, 1), 1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)

    def forward(self, x: Tensor) -> Tensor:
        hidden = functional.relu(self.bn1(self.conv1(x[:, None])))
        hidden = self.layer2(self.layer1(hidden))
        hidden = functional.relu(self.bn2(self.conv2(hidden)))
        return hidden.flatten(1, 2)


class _ContextMask(nn.Module):
    """A convolution scaled per channel by what was heard around (section 2.2 of the paper)."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(
            _BOTTLENECK, _GROWTH, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(_BOTTLENECK, _BOTTLENECK // 2, 1)
        self.linear2 = nn.Conv1d(_BOTTLENECK // 2, _GROWTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        near = functional.avg_pool1d(x, _CONTEXT_FRAMES, _CONTEXT_FRAMES, ceil_mode=True)
        context = functional.relu(self.linear1(near + x.mean(-1, keepdim=True)))
        mask = torch.sigmoid(self.linear2(context))
        wide = mask.repeat_interleave(_CONTEXT_FRAMES, dim=-1)[..., : x.shape[-1]]
        return self.linear_local(x) * wide


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _norm(channels)
        self.linear1 = nn.Conv1d(channels, _BOTTLENECK, 1, bias=False)
        self.nonlinear2 = _norm(_BOTTLENECK)
        self.cam_layer = _ContextMask(dilation)

    def forward(self, x: Tensor) -> Tensor:
        return self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))


class _DenseBlock(nn.Module):
    def __init__(self, channels: int, layers: int, dilation: int) -> None:
        super().__init__()
        for index in range(layers):
            layer = _DenseLayer(channels + index * _GROWTH, dilation)
            self.add_module(f"tdnnd{index + 1}", layer)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class _Linear(nn.Module):
    """A pointwise layer and its normalisation, in the order the checkpoint names them."""

    def __init__(self, before: int, after: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.linear = nn.Conv1d(before, after, kernel, stride, kernel // 2, bias=False)
        self.nonlinear = _norm(after, activate=kernel > 1, affine=kernel > 1)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.nonlinear(self.linear(x))
        return normalised


class _Transit(nn.Module):
    """Halves the channels between dense blocks."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.nonlinear = _norm(channels)
        self.linear = nn.Conv1d(channels, channels // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        halved: Tensor = self.linear(self.nonlinear(x))
        return halved


def _trunk() -> nn.Sequential:
    channels = 128
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["tdnn"] = _Linear(320, channels, kernel=5, stride=2)
    for index, (count, dilation) in enumerate(_BLOCKS, start=1):
        layers[f"block{index}"] = _DenseBlock(channels, count, dilation)
        channels += count * _GROWTH
        layers[f"transit{index}"] = _Transit(channels)
        channels //= 2
    layers["out_nonlinear"] = _norm(channels)
    layers["dense"] = _Linear(2 * channels, EMBEDDING_DIMENSION)
    return nn.Sequential(layers)


class CamPlusPlus(nn.Module):
    """Features in, one embedding per mask out, with a single pass of the trunk."""

    def __init__(self) -> None:
        super().__init__()
        self.head = _Head()
        self.xvector = _trunk()

    def frames(self, features: Tensor) -> Tensor:
        """Features (batch, n_frames, 80) to hidden frames (batch, 512, ceil(n_frames / 2))."""
        hidden: Tensor = self.head(features.transpose(1, 2))
        for name, layer in self.xvector.named_children():
            if name != "dense":
                hidden = layer(hidden)
        return hidden

    def pool(self, hidden: Tensor, weights: Tensor) -> Tensor:
        """Weighted mean and deviation over time, then the last layer.

        Parameters
        ----------
        hidden : shape (512, n_hidden)
        weights : shape (n_speakers, n_hidden), each row with a positive sum
        """
        total = weights.sum(-1, keepdim=True)
        mean = weights @ hidden.T / total
        spread = (hidden[None] - mean[..., None]).square() * weights[:, None]
        # Unbiased, as in training: the sum of weights stands for the number of frames.
        variance = spread.sum(-1) / (total - weights.square().sum(-1, keepdim=True) / total)
        pooled = torch.cat([mean, variance.clamp_min(0).sqrt()], dim=-1)
        dense: Tensor = self.xvector.get_submodule("dense")(pooled[..., None])
        return dense.squeeze(-1)

    def forward(self, features: Tensor) -> Tensor:
        """One embedding per item: features (batch, n_frames, 80) to (batch, 192)."""
        hidden = self.frames(features)
        pooled = torch.cat([hidden.mean(-1), hidden.std(-1, unbiased=True)], dim=-1)
        dense: Tensor = self.xvector.get_submodule("dense")(pooled[..., None])
        return dense.squeeze(-1)
