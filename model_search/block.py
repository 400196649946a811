"""The block contract and the registry of blocks.

A block is a micro-architecture: a function from the tensors of a tower so far to one more tensor.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import UsageError
from .registry import Registry, place_of
from .role import Role

__all__ = ["Block", "RegisteredBlock", "Role", "blocks", "register_block", "roles"]

if TYPE_CHECKING:  # it imports TensorFlow, which the trial database and its processes do without
    import keras_tuner


class Block:
    """A micro-architecture, instantiated once for each place of a tower.

    Subclasses set `role`, take their fixed parameters (kernel size, width) in the constructor and create standard
    Keras layers in `build`, so that an exported model loads with plain Keras.

    Attributes:
      role: where the block may stand. Blocks that do not say (written for other systems) are taken as `ANY`.
      source: paper or page the block comes from; empty where it is common knowledge. It becomes the end of the class's
        docstring, so that `help` tells it.
    """

    role: ClassVar[Role] = Role.ANY
    source: ClassVar[str] = ""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        told = cls.__dict__.get("__doc__")
        if cls.source and told:
            cls.__doc__ = f"{told.rstrip()}\n\n    Source: {cls.source}.\n    "

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """Appends this block's output to the tensors of its tower.

        Args:
          input_tensors: Keras tensors of the tower so far, the newest last; the first is the tower's input.
          hparams: values of what `requires_hparams` asked for, by the names given there.
          lengths: Keras tensor (batch,) of valid steps for sequences, or None.

        Returns:
          A new list: `input_tensors` and then the output.
        """
        raise NotImplementedError(f"{type(self).__name__} has no build method")

    @property
    def is_input_order_important(self) -> bool:
        """Whether the block reads more than the newest tensor, so that what stands before its neighbour matters."""
        return False

    @property
    def is_causal(self) -> bool:
        """Whether no step of a sequence block's output depends on later steps of its input.

        Blocks that do not say so are refused where the next step is predicted: they could read the answer.
        """
        return False

    @property
    def is_reduction(self) -> bool:
        """Whether the block is made to stand between cells of plates, which it halves.

        A constrained search places one such block itself, and takes none inside its cells.
        """
        return False

    def requires_hparams(self) -> "keras_tuner.HyperParameters | None":
        """The block's own hyperparameters, searched with those of the trial; None for none."""
        return None

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """Weights with which the block gives out what it gets in, in training too; None where there are none.

        With weight sharing a tower that grew by this block then starts as the function that its parent was.

        Args:
          weights: the block's initial weights as numpy arrays, by name: `<layer>/<weight>`, such as `dense/kernel`.
          nonnegative: whether no number of the block's input is below 0, which a ReLU would cut off.

        Returns:
          Values for some of the weights; the others keep theirs.
        """
        return None


@dataclass(frozen=True)
class RegisteredBlock:
    """A name's meaning: a block class with its parameters."""

    name: str
    block_class: type[Block]
    arguments: Mapping[str, Any]

    @property
    def role(self) -> Role:
        """Where the block may stand."""
        return getattr(self.block_class, "role", Role.ANY)

    @property
    def family(self) -> str:
        """The module that defines the block, as a word."""
        return self.block_class.__module__.rpartition(".")[2]

    def create(self) -> Block:
        """A fresh block.

        Raises:
          UsageError: the class does not take these arguments, whatever the trial.
        """
        try:
            return self.block_class(**self.arguments)
        except Exception as error:
            place, reason = place_of(self.block_class), " ".join(f"{type(error).__name__}: {error}".split())
            raise UsageError(f"block {self.name!r} at {place} cannot be created: {reason}") from error


blocks: Registry[RegisteredBlock] = Registry("block")


def register_block(
    name: str | None = None,
    *,
    lookup_name: str | None = None,
    init_args: Mapping[str, Any] | None = None,
    enum_id: int | None = None,
    **arguments: Any,
) -> Callable[[type], type]:
    """Class decorator: registers a block under a name, with the parameters that the name stands for.

    `@register_block("CONVOLUTION_3X3", kernel_size=3)`. A class may carry several names.

    Args:
      name: the name that specs use; by default the class's own.
      lookup_name: older keyword for `name`.
      init_args: older keyword for the parameters.
      enum_id: older keyword; names are the only identity here, so it is accepted and has no meaning.
      **arguments: the constructor's parameters.

    Raises:
      UsageError: the name is taken, or the class has no `build` method.
    """
    del enum_id

    def register(block_class: type) -> type:
        chosen = name or lookup_name or block_class.__name__
        build = getattr(block_class, "build", None)
        if not callable(build) or build is Block.build:
            raise UsageError(
                f"block {chosen!r}: class {block_class.__name__} at {place_of(block_class)} has no build method"
            )
        entry = RegisteredBlock(chosen, block_class, dict(init_args or {}) | arguments)
        blocks.add(chosen, entry, place_of(block_class))
        return block_class

    return register


def roles(names: Sequence[str]) -> list[Role]:
    """Roles of registered blocks, by name."""
    return [blocks[name].role for name in names]
