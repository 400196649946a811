"""A small table with numbers, gaps, categories and a label, as CSV text."""

import numpy as np


def people(rows=300, seed=0, header=True, missing="?"):
    """Columns age (with gaps), pay, job (one rare), id (all different), unit (constant), happy."""
    rng = np.random.default_rng(seed)
    lines = ["age,pay,job,id,unit,happy"] if header else []
    for row in range(rows):
        age = missing if row % 10 == 3 else str(rng.integers(20, 60))
        pay = 0 if rng.random() < 0.8 else rng.integers(1, 10_000)
        job = "juggler" if row == 7 else ["cook", "clerk", "pilot"][rng.integers(3)]
        happy = "yes" if (job == "pilot") != (pay > 0) else "no"
        lines.append(f"{age}, {pay}, {job}, id{seed}x{row}, m, {happy}")
    return "\n".join(lines) + "\n"
