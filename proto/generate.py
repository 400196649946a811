"""Generates the protocol buffer code of this package from its .proto files; `--check` only compares.

The compiler is the oldest whose output every supported protobuf runtime loads. Its package asks for an older runtime
than TensorFlow does, so it is installed beside the environment, into build/protoc, and used for nothing else.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILER = "grpcio-tools==1.62.0"
SOURCES = Path(__file__).resolve().parent
COMPILER_FOLDER = SOURCES.parent / "build" / "protoc"
IMPORT_PATH = Path("model_search") / "proto"  # how the files import each other, and how they are installed


def install_compiler() -> None:
    """Installs the compiler into its folder, unless it is there."""
    if (COMPILER_FOLDER / "grpc_tools").is_dir():
        return
    print(f"installing {COMPILER} into {COMPILER_FOLDER}", file=sys.stderr)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(COMPILER_FOLDER),
        COMPILER,
    ]
    subprocess.run(command, check=True)


def generate(folder: Path) -> list[Path]:
    """Compiles all .proto files below `folder`; returns the generated files."""
    package = folder / IMPORT_PATH
    package.mkdir(parents=True)
    names = sorted(path.name for path in SOURCES.glob("*.proto"))
    for name in names:
        shutil.copy(SOURCES / name, package / name)
    compiler = [sys.executable, "-W", "ignore", "-m", "grpc_tools.protoc"]
    outputs = [f"-I{folder}", f"--python_out={folder}", f"--pyi_out={folder}", f"--grpc_python_out={folder}"]
    environment = os.environ | {"PYTHONPATH": str(COMPILER_FOLDER)}
    subprocess.run([*compiler, *outputs, *(str(IMPORT_PATH / name) for name in names)], check=True, env=environment)
    for path in package.glob("*_pb2_grpc.py"):
        if "service" not in path.name:  # files without a service give an empty one
            path.unlink()
    return sorted([*package.glob("*_pb2.py"), *package.glob("*_pb2.pyi"), *package.glob("*_pb2_grpc.py")])


def main() -> int:
    """Writes the generated code, or compares it and says what differs. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed code; write nothing")
    check = parser.parse_args().check
    install_compiler()
    with tempfile.TemporaryDirectory() as folder:
        generated = generate(Path(folder))
        committed = {path.name for path in SOURCES.glob("*_pb2*.py*")}
        stale = [path for path in generated if not _is_committed(path)]
        surplus = sorted(committed - {path.name for path in generated})
        if check:
            for name in [*(path.name for path in stale), *surplus]:
                print(f"proto/{name} is not what the .proto files give; run `make protos`", file=sys.stderr)
            return 1 if stale or surplus else 0
        for path in stale:
            shutil.copy(path, SOURCES / path.name)
        for name in surplus:
            (SOURCES / name).unlink()
    return 0


def _is_committed(path: Path) -> bool:
    """Whether the committed file of this name has the same content."""
    committed = SOURCES / path.name
    return committed.exists() and committed.read_bytes() == path.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
