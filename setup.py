"""Packaging that metadata alone cannot express: four folders installed as one import package.

The layers live side by side at the top of the repository, so that the direction of imports is visible in
the tree; they are installed as `model_search`, `model_search.blocks`, `model_search.proto` and
`model_search.trainers`, because a bare top-level `proto` or `blocks` would overwrite other projects' packages.
"""

from setuptools import find_packages, setup

LAYERS = ("blocks", "proto", "trainers")


def layer_packages(layer: str) -> list[str]:
    """Import names of one layer's packages, subpackages included."""
    return [f"model_search.{layer}"] + [f"model_search.{layer}.{name}" for name in find_packages(layer)]


setup(
    package_dir={"model_search": "model_search"} | {f"model_search.{layer}": layer for layer in LAYERS},
    packages=["model_search"]
    + [f"model_search.{name}" for name in find_packages("model_search")]
    + [name for layer in LAYERS for name in layer_packages(layer)],
)
