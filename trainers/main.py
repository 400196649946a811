"""The `model_search` command."""

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from absl import flags

from ..errors import StudyError
from ..registry import closest

COMMANDS = {
    "train": "run a search: start, resume or join it",
    "launch": "run a search's trainers on a cluster",
    "leaderboard": "the trials, best first",
    "show": "one trial in full",
    "export": "write the model of the best trial, or of any",
    "predict": "predictions for a file or folder of raw input",
    "serve": "the trial database as a service for trainers on other machines",
    "db": "create or upgrade a trial database's tables, or show what they are",
    "distill": "teach one small network what a trial or an ensemble has learned",
    "check": "validate spec and data, build every block, estimate cost; train nothing",
}
WRONG_USAGE = 2


def run() -> None:
    """Entry point of the console script."""
    # A reader that closes the pipe (`| head`) is no error of ours.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv))


def main(argv: Sequence[str]) -> int:
    """Runs one command line and gives its exit status.

    0: done. 1: no trial completed. 2: something given is wrong, said in one line before anything trains. 130: Ctrl-C.
    """
    if len(argv) < 2 or argv[1] in ("help", "--help", "-h", "-help", "--helpfull", "--helpshort"):
        print(overview())
        return 0 if len(argv) > 1 else WRONG_USAGE
    if argv[1] == "--version":
        from importlib.metadata import version

        print(f"model_search {version('model-search')}")
        return 0
    if argv[1] not in COMMANDS:
        return fail(f"unknown command {argv[1]!r}; {closest(argv[1], COMMANDS)}")
    command = import_module(f"{__package__}.commands.{argv[1]}")
    try:
        arguments = parse(command, [f"model_search {argv[1]}", *argv[2:]])
        return int(command.main(arguments)) if arguments is not None else 0
    except flags.UnrecognizedFlagError as error:
        return fail(f"unknown flag --{error.flagname} of {argv[1]}; {closest(error.flagname, own_flags(), count=1)}")
    except (StudyError, flags.Error) as error:
        return fail(str(error))
    except KeyboardInterrupt:
        print("interrupted; the same command again goes on", file=sys.stderr)
        return 128 + signal.SIGINT


def fail(message: str) -> int:
    """Says what is wrong, in one line."""
    print(f"model_search: error: {' '.join(message.split())}", file=sys.stderr)
    return WRONG_USAGE


def parse(command: Any, argv: Sequence[str]) -> list[str] | None:
    """Defines the command's flags and parses them; positional arguments, or None where help was shown instead."""
    command.define_flags()
    wanted = {"--help", "-h", "-help", "--helpshort", "--helpfull"} & set(argv)
    if wanted:
        print(f"usage: {argv[0]} [flags]\n\n{command.__doc__.strip()}\n")
        print(flags.FLAGS.get_help() if "--helpfull" in wanted else own_help())
        return None
    arguments = flags.FLAGS(argv)[1:]
    if "token_file" in flags.FLAGS:
        import_module(f"{__package__}.flags").pass_on_token_file()
    return arguments


def own_modules() -> list[str]:
    """Modules of this project that define flags of the command."""
    return [module for module in flags.FLAGS.flags_by_module_dict() if module.startswith("model_search")]


def own_flags() -> list[str]:
    """Names of this project's flags, without those of libraries."""
    by_module = flags.FLAGS.flags_by_module_dict()
    return [flag.name for module in own_modules() for flag in by_module[module]]


def own_help() -> str:
    """Help on this project's flags."""
    return "\n".join(flags.FLAGS.module_help(module) for module in own_modules())


def overview() -> str:
    """What there is to type."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items()]
    return "\n".join(
        ["usage: model_search COMMAND [flags]", "", *lines, "", "model_search COMMAND --help shows the flags of one."]
    )


if __name__ == "__main__":
    run()
