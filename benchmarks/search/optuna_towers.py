"""Optuna as its users would search towers with it: an outside reference."""

import numpy as np

from benchmarks.search.simulate import Strategy, TableHistory
from model_search.algorithms.edits import searched_blocks
from model_search.architecture import Architecture
from model_search.spec import SearchSpec
from model_search.spec.towers import tower


def optuna(seed: int, sampler: str, spec: SearchSpec, depths: tuple[int, int]) -> Strategy:
    """A depth, and a block for each place; several orders may be the same tower.

    Args:
      seed: of the sampler.
      sampler: class of `optuna.samplers`.
      spec: of the towers.
      depths: the least and the largest.
    """
    import optuna as library

    library.logging.set_verbosity(library.logging.ERROR)
    arguments = {"constant_liar": True} if sampler == "TPESampler" else {}
    study = library.create_study(
        direction="maximize", sampler=getattr(library.samplers, sampler)(seed=seed, **arguments)
    )
    blocks, asked, told = searched_blocks(spec), {}, set()

    def suggest(history: TableHistory, _: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        for trial in history.completed():
            if trial.number not in told:
                told.add(trial.number)
                study.tell(asked[trial.number], trial.result.objective)
        trial = study.ask()
        asked[len(asked) + 1] = trial
        deep = trial.suggest_int("depth", *depths)
        return tower(spec, [trial.suggest_categorical(f"place_{place}", blocks) for place in range(deep)]), ()

    return suggest
