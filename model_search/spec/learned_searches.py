"""Checks of the searches that fit a model to all trials: HARMONICA_SEARCH, LINEAR_MODEL, REINFORCE_CONTROLLER."""

import math
from math import comb

from google.protobuf.message import Message

from ..architecture import TURNS
from ..block import blocks
from ..proto.search_spec_pb2 import LinearModelSpec, SearchSpec
from .checks import Words, require

# A lasso on more features than these takes seconds a proposal.
_MONOMIALS = 5000
# All assignments of the bits that occur in a polynomial are compared: 65536 of so many bits.
_BITS_OF_POLYNOMIAL = 16


def check_linear_model(spec: SearchSpec) -> None:
    """What holds for a spec that uses LINEAR_MODEL."""
    own, path = spec.linear_model, "linear_model"
    _require_positive(own, path, "ridge_penalty")
    _require_counts(own, path, "trials_before_fit")
    alignments = LinearModelSpec.NetworkAlignment
    require(
        own.network_alignment != alignments.NET_ALIGN_UNSPECIFIED,
        f"{path}.network_alignment",
        Words(alignments.Name(own.network_alignment)),
        "it must be NET_ALIGN_HEAD or NET_ALIGN_BASE",
    )


def check_reinforce(spec: SearchSpec) -> None:
    """What holds for a spec that uses REINFORCE_CONTROLLER."""
    own, path = spec.reinforce, "reinforce"
    _require_counts(own, path, "units", "batch_size")
    require(own.units <= 256, f"{path}.units", own.units, "it must be at most 256: each proposal trains the controller")
    rate = own.learning_rate
    require(0 < rate <= 1, f"{path}.learning_rate", rate, "it must be above 0 and at most 1, a step of Adam")
    decay, weight = own.baseline_decay, own.entropy_weight
    require(0 <= decay < 1, f"{path}.baseline_decay", decay, "it must be at least 0 and below 1")
    require(0 <= weight < math.inf, f"{path}.entropy_weight", weight, "it must be a finite number from 0")


def check_harmonica(spec: SearchSpec) -> None:
    """What holds for a spec that uses HARMONICA_SEARCH."""
    own, path = spec.harmonica, "harmonica"
    _require_counts(own, path, "stages", "degree", "monomials")
    _require_positive(own, path, "lasso_penalty")
    trials = own.trials_per_stage
    require(trials >= 2, f"{path}.trials_per_stage", trials, "it must be 2 or more")
    require(
        own.degree * own.monomials <= _BITS_OF_POLYNOMIAL,
        f"{path}.monomials",
        own.monomials,
        f"monomials times degree, which is {own.degree}, must be at most {_BITS_OF_POLYNOMIAL}",
    )
    # Names that no block has are refused later.
    searched = sum(name not in blocks or blocks[name].role not in TURNS for name in spec.blocks_to_use)
    bits = spec.minimum_depth * max(0, searched - 1).bit_length()
    count = sum(comb(bits, size) for size in range(1, own.degree + 1))
    require(
        count <= _MONOMIALS,
        f"{path}.degree",
        own.degree,
        f"the {spec.minimum_depth} places (minimum_depth) of {searched} blocks are {bits} bits, which have {count}"
        f" products of at most so many; the search takes up to {_MONOMIALS}",
    )


def _require_counts(message: Message, path: str, *fields: str) -> None:
    for field in fields:
        value = getattr(message, field)
        require(value >= 1, f"{path}.{field}", value, "it must be 1 or more")


def _require_positive(message: Message, path: str, field: str) -> None:
    value = getattr(message, field)
    require(0 < value < math.inf, f"{path}.{field}", value, "it must be a finite number above 0")
