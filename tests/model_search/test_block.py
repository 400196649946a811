import inspect

import pytest

from model_search.block import Block, Role, blocks, register_block, roles
from model_search.errors import UsageError
from model_search.registry import place_of


@pytest.fixture(autouse=True)
def clean_registry():
    before = set(blocks)
    yield
    for name in set(blocks) - before:
        blocks.discard(name)


class Plain(Block):
    role = Role.VECTOR

    def __init__(self, size=1, deep=False):
        self.size, self.deep = size, deep

    def build(self, input_tensors, hparams=None, lengths=None):
        return [*input_tensors, input_tensors[-1]]


def test_the_source_ends_the_docstring():
    class Told(Block):
        """What it does."""

        source = "Somebody et al. 2020, figure 2"

    assert inspect.getdoc(Told) == "What it does.\n\nSource: Somebody et al. 2020, figure 2."


def test_names_stand_for_a_class_with_parameters():
    register_block("TEST_SMALL", size=2)(register_block("TEST_LARGE", size=9, deep=True)(Plain))
    small, large = blocks["TEST_SMALL"].create(), blocks["TEST_LARGE"].create()
    assert (small.size, small.deep) == (2, False)
    assert (large.size, large.deep) == (9, True)
    assert blocks["TEST_SMALL"].create() is not small
    assert blocks["TEST_SMALL"].family == "test_block"
    assert roles(["TEST_SMALL", "TEST_LARGE"]) == [Role.VECTOR, Role.VECTOR]
    assert __file__ in place_of(blocks["TEST_SMALL"].block_class)


def test_the_class_name_is_the_default():
    register_block()(Plain)
    assert blocks["Plain"].create().size == 1


def test_older_keywords_mean_the_same():
    register_block(lookup_name="TEST_OLD", init_args={"size": 5}, enum_id=17)(Plain)
    assert blocks["TEST_OLD"].create().size == 5


def test_a_class_that_is_no_block_by_inheritance_will_do():
    @register_block(lookup_name="TEST_FOREIGN", enum_id=18)
    class Foreign:
        def build(self, input_tensors, hparams=None, lengths=None):
            return input_tensors

        @property
        def is_input_order_important(self):
            return True

        def requires_hparams(self):
            return None

    assert blocks["TEST_FOREIGN"].role is Role.ANY
    assert blocks["TEST_FOREIGN"].create().is_input_order_important


def test_a_taken_name_is_refused():
    class Other(Plain):
        pass

    register_block("TEST_TAKEN")(Plain)
    both = r"^block 'TEST_TAKEN' at .*test_block\.py:\d+ is already registered at .*test_block\.py:\d+$"
    with pytest.raises(UsageError, match=both):
        register_block("TEST_TAKEN")(Other)
    assert blocks["TEST_TAKEN"].block_class is Plain


def test_arguments_that_the_class_does_not_take_are_named():
    register_block("TEST_ARGUMENTS", width=3)(Plain)
    expected = r"^block 'TEST_ARGUMENTS' at .*:\d+ cannot be created: TypeError: .*unexpected keyword argument 'width'$"
    with pytest.raises(UsageError, match=expected):
        blocks["TEST_ARGUMENTS"].create()


def test_a_class_without_build_is_refused():
    with pytest.raises(UsageError, match=r"block 'TEST_EMPTY': class Empty at .* has no build method"):
        register_block("TEST_EMPTY")(type("Empty", (), {}))
    with pytest.raises(UsageError, match=r"block 'TEST_EMPTY': class Inherited at .* has no build method"):
        register_block("TEST_EMPTY")(type("Inherited", (Block,), {}))
    assert "TEST_EMPTY" not in blocks


def test_the_contract_has_defaults():
    block = Plain()
    assert not block.is_input_order_important
    assert block.requires_hparams() is None
    assert Block.role is Role.ANY
    with pytest.raises(NotImplementedError, match="Block has no build method"):
        Block().build([])
