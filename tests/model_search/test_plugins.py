import subprocess
import sys
import textwrap
from pathlib import Path

import keras
import pytest

from model_search.block import blocks
from model_search.checked_block import build_checked
from model_search.errors import UsageError
from model_search.plugins import import_modules, load_plugins
from model_search.registry import place_of
from model_search.spec import complete, load_spec, validate

README = Path(__file__).resolve().parents[2] / "README.md"

BLOCK = """
from model_search import block
from model_search.block import Block, register_block

@register_block("{name}")
class Mine(Block):
    def build(self, input_tensors, hparams=None, lengths=None):
        return [*input_tensors, input_tensors[-1]]
"""


@pytest.fixture(autouse=True)
def as_before(monkeypatch, tmp_path):
    """Each test has an empty current directory, and leaves no module, path or block behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(blocks)
    yield
    # The built-in plug-ins stay: they load once in a process.
    for name in [name for name in sys.modules if name.startswith(("test_my", "test_pack", "test_plugin_"))]:
        del sys.modules[name]
    for name in [name for name in set(blocks) - before if name.startswith("TEST_")]:
        blocks.discard(name)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return path


def error_of(*names):
    with pytest.raises(UsageError) as caught:
        import_modules(names)
    message = str(caught.value)
    assert "\n" not in message
    return message


class TestImportModules:
    def test_a_file_by_its_path(self, tmp_path):
        file = write(tmp_path / "sub" / "random.py", BLOCK.format(name="TEST_FILE"))
        import_modules(["sub/random.py"])
        assert place_of(blocks["TEST_FILE"].block_class).startswith(f"{file}:")
        assert blocks["TEST_FILE"].family == "random"
        # The standard module of that name is still what everybody gets.
        import random

        assert random.__file__ != str(file)

    def test_a_module_of_the_current_directory(self, tmp_path):
        write(tmp_path / "test_my_blocks.py", BLOCK.format(name="TEST_MODULE"))
        import_modules(["test_my_blocks"])
        assert blocks["TEST_MODULE"].block_class.__module__ == "test_my_blocks"

    def test_a_module_of_a_package(self, tmp_path):
        write(tmp_path / "test_pack" / "__init__.py", "")
        write(tmp_path / "test_pack" / "inner.py", BLOCK.format(name="TEST_PACKAGE"))
        import_modules(["test_pack.inner"])
        assert "TEST_PACKAGE" in blocks

    def test_a_file_finds_its_neighbours(self, tmp_path):
        write(tmp_path / "sub" / "test_neighbour.py", "NAME = 'TEST_NEIGHBOUR'")
        code = "from test_neighbour import NAME\n" + BLOCK.format(name="X").replace('"X"', "NAME")
        write(tmp_path / "sub" / "mine.py", code)
        import_modules(["sub/mine.py"])
        assert "TEST_NEIGHBOUR" in blocks

    def test_the_same_file_again_does_nothing(self, tmp_path):
        file = write(tmp_path / "test_again.py", BLOCK.format(name="TEST_AGAIN"))
        import_modules(["test_again.py"])
        first = blocks["TEST_AGAIN"]
        import_modules(["test_again.py", f"./{file.name}", str(file), "test_again", " ", ""])
        assert blocks["TEST_AGAIN"] is first

    def test_a_module_again_as_a_file_does_nothing(self, tmp_path):
        write(tmp_path / "test_both.py", BLOCK.format(name="TEST_BOTH"))
        import_modules(["test_both"])
        first = blocks["TEST_BOTH"]
        import_modules(["test_both", "test_both.py"])
        assert blocks["TEST_BOTH"] is first

    def test_two_files_of_one_name(self, tmp_path):
        write(tmp_path / "a" / "mine.py", BLOCK.format(name="TEST_A"))
        write(tmp_path / "b" / "mine.py", BLOCK.format(name="TEST_B"))
        import_modules(["a/mine.py", "b/mine.py"])
        assert blocks["TEST_A"].block_class is not blocks["TEST_B"].block_class

    @pytest.mark.parametrize("name", ["absent.py", "sub/absent.py", "./sub", "sub/notes.txt", "sub.py/"])
    def test_a_path_without_a_python_file(self, tmp_path, name):
        write(tmp_path / "sub" / "notes.txt", "")
        assert error_of(name) == (
            f"module file {name!r} is not there or is no .py file; give a .py file or a module's name"
        )

    def test_a_folder_without_modules_of_its_own(self, tmp_path):
        write(tmp_path / "test_folder" / "mine.py", BLOCK.format(name="TEST_NEVER"))
        assert "'test_folder'" in error_of("test_folder")

    def test_an_unknown_module(self):
        assert error_of("test_no_such") == (
            "no module named 'test_no_such'; give a module on the Python path or the path of a .py file"
        )
        assert "'test_no_such.inner'" in error_of("test_no_such.inner")

    def test_a_syntax_error_has_its_line(self, tmp_path):
        file = write(tmp_path / "broken.py", "a = 1\nb = (\n")
        assert error_of("broken.py") == f"module 'broken.py': {file}:2: '(' was never closed"

    def test_an_exception_has_its_place_in_the_users_code(self, tmp_path):
        file = write(tmp_path / "raises.py", "import json\n\ndef load():\n    json.loads('{')\n\nload()\n")
        message = error_of("raises.py")
        assert message.startswith(f"module 'raises.py': {file}:4: JSONDecodeError: Expecting property name")
        file = write(tmp_path / "test_raises_too.py", "\nimport test_not_installed\n")
        assert error_of("test_raises_too") == (
            f"module 'test_raises_too': {file}:2: ModuleNotFoundError: No module named 'test_not_installed'"
        )

    def test_a_module_that_exits(self, tmp_path):
        file = write(tmp_path / "leaves.py", "import sys\nsys.exit(3)\n")
        assert error_of("leaves.py") == f"module 'leaves.py': {file}:2: SystemExit: 3"

    def test_a_taken_name_names_both_places(self, tmp_path):
        first = write(tmp_path / "one.py", BLOCK.format(name="TEST_TWICE"))
        second = write(tmp_path / "two.py", BLOCK.format(name="TEST_TWICE"))
        import_modules(["one.py"])
        message = error_of("two.py")
        assert f"block 'TEST_TWICE' at {second}:5 is already registered at {first}:5" in message

    def test_a_file_that_failed_can_be_mended_and_imported_again(self, tmp_path):
        code = BLOCK.format(name="TEST_MENDED")
        file = write(tmp_path / "mended.py", code + "\nundefined\n")
        assert f"{file}:10: NameError" in error_of("mended.py")
        assert "TEST_MENDED" not in blocks
        write(file, code)
        import_modules(["mended.py"])
        assert "TEST_MENDED" in blocks

    def test_blocks_for_the_older_system_move_over(self, tmp_path):
        write(
            tmp_path / "old.py",
            """
            from model_search.block import register_block

            @register_block(lookup_name="TEST_OLDER", init_args={"units": 3}, enum_id=7)
            class Older:
                def __init__(self, units):
                    self._units = units

                def build(self, input_tensors, hparams=None, lengths=None):
                    return input_tensors + [input_tensors[-1]]

                @property
                def is_input_order_important(self):
                    return False

                def requires_hparams(self):
                    return None
            """,
        )
        import_modules(["old.py"])
        block = blocks["TEST_OLDER"].create()
        assert block.build(["input"]) == ["input", "input"]


def indented(text, first):
    """The indented part of the text that begins with a line."""
    part = text[text.index(f"    {first}") :]
    lines = part.splitlines(keepends=True)
    end = next(place for place, line in enumerate(lines) if line.strip() and not line.startswith("    "))
    return "".join(lines[:end])


def test_the_block_and_the_spec_of_the_readme(tmp_path):
    text = README.read_text(encoding="utf-8")
    write(tmp_path / "my_block.py", indented(text, "# my_block.py"))
    write(tmp_path / "my_spec.pbtxt", indented(text, "problem_type: DNN"))
    load_plugins()
    import_modules(["my_block.py"])
    spec = complete(load_spec("my_spec.pbtxt"))
    validate(spec)
    assert list(spec.blocks_to_use) == ["GATED_128", "FIXED_OUTPUT_FULLY_CONNECTED_64"]
    entry = blocks["GATED_128"]
    assert build_checked(entry, entry.create(), [keras.Input((16,))], {}).shape == (None, 128)
    blocks.discard("GATED_128")


def declare(folder, name, value):
    """Metadata of an installed distribution with one entry point."""
    write(folder / f"{name}-1.0.dist-info" / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    write(folder / f"{name}-1.0.dist-info" / "entry_points.txt", f"[model_search.plugins]\n{name} = {value}\n")


class TestLoadPlugins:
    def test_a_module_registers_on_import_and_once(self, tmp_path, monkeypatch):
        write(tmp_path / "test_plugin_module.py", BLOCK.format(name="TEST_PLUGIN"))
        declare(tmp_path, "plugin_module", "test_plugin_module")
        monkeypatch.syspath_prepend(tmp_path)
        load_plugins()
        first = blocks["TEST_PLUGIN"]
        load_plugins()
        assert blocks["TEST_PLUGIN"] is first

    def test_a_function_is_called_once(self, tmp_path, monkeypatch):
        write(tmp_path / "test_plugin_function.py", "calls = []\ndef register():\n    calls.append(1)\n")
        declare(tmp_path, "plugin_function", "test_plugin_function:register")
        monkeypatch.syspath_prepend(tmp_path)
        load_plugins()
        load_plugins()
        assert sys.modules["test_plugin_function"].calls == [1]

    def test_one_that_fails_is_named(self, tmp_path, monkeypatch):
        code = BLOCK.format(name="TEST_HALF") + "\nraise OSError('no licence')\n"
        file = write(tmp_path / "test_plugin_fails.py", code)
        declare(tmp_path, "plugin_fails", "test_plugin_fails")
        monkeypatch.syspath_prepend(tmp_path)
        expected = f"plug-in 'plugin_fails' (test_plugin_fails): {file}:10: OSError: no licence"
        for _ in range(2):
            with pytest.raises(UsageError) as caught:
                load_plugins()
            assert str(caught.value) == expected
        assert "TEST_HALF" not in blocks

    def test_one_whose_module_is_gone_is_named(self, tmp_path, monkeypatch):
        declare(tmp_path, "plugin_gone", "test_plugin_gone")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(UsageError, match=r"plug-in 'plugin_gone' .*No module named 'test_plugin_gone'"):
            load_plugins()


WITHOUT_METADATA = """
import model_search.plugins as plugins
plugins.entry_points = lambda group: []
plugins.load_plugins()
from model_search.block import blocks
from model_search.data.provider import providers
print("FLATTEN" in blocks, "csv" in providers)
"""


def test_the_built_in_plugins_load_without_metadata():
    run = subprocess.run([sys.executable, "-c", WITHOUT_METADATA], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["True", "True"]
