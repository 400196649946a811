"""The block library: one module per family, registered when this package is imported."""

from . import bottleneck, convolution, dense, flatten, general, identity, low_rank, pooling, resnet

__all__ = ["bottleneck", "convolution", "dense", "flatten", "general", "identity", "low_rank", "pooling", "resnet"]
