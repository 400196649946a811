"""One recurrent layer in numpy, forwards and backwards: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Run:
    """What the layer went through.

    Attributes:
      gates: (steps, rows, 4 * units): how much enters the cell, stays in it and leaves it, in (0, 1), and what is
        offered to it, in (-1, 1).
      cells, outputs: (steps + 1, rows, units), with the zeros before the first step.
    """

    gates: np.ndarray
    cells: np.ndarray
    outputs: np.ndarray


def step(sums: np.ndarray, cell: np.ndarray, output: np.ndarray) -> None:
    """One step, in place: sums (rows, 4 * units) become gates, and the cell and the output (rows, units) new."""
    units = cell.shape[-1]
    squashed = sums[:, : 3 * units]
    # A logistic function is half a tanh of half its argument, so one tanh does for all gates.
    squashed *= 0.5
    np.tanh(sums, out=sums)
    squashed *= 0.5
    squashed += 0.5
    cell *= sums[:, units : 2 * units]
    cell += sums[:, :units] * sums[:, 3 * units :]
    np.tanh(cell, out=output)
    output *= sums[:, 2 * units : 3 * units]


def run(entering: np.ndarray, recurrent: np.ndarray) -> Run:
    """The layer's way through inputs (steps, rows, 4 * units), with weights (units, 4 * units) for its last output."""
    steps, rows, width = entering.shape
    gates = entering.copy()
    cells, outputs = np.zeros((2, steps + 1, rows, width // 4))
    for index in range(steps):
        gates[index] += outputs[index] @ recurrent
        cells[index + 1] = cells[index]
        step(gates[index], cells[index + 1], outputs[index + 1])
    return Run(gates, cells, outputs)


def back(went: Run, recurrent: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients by the inputs and by the weights, from those by the outputs, (steps, rows, units)."""
    steps, rows, units = slope.shape
    enter, stay, leave, offer = (went.gates[:, :, gate * units : (gate + 1) * units] for gate in range(4))
    tanhs = np.tanh(went.cells[1:])
    through = leave * (1.0 - tanhs * tanhs)
    # What the sum of each gate does: the slope of its squashing times what it is multiplied with.
    by_gate = went.gates.reshape(steps, rows, 4, units) * (1.0 - went.gates.reshape(steps, rows, 4, units))
    by_gate[:, :, 0] *= offer
    by_gate[:, :, 1] *= went.cells[:-1]
    by_gate[:, :, 2] *= tanhs
    by_gate[:, :, 3] = enter * (1.0 - offer * offer)
    transposed = np.ascontiguousarray(recurrent.T)
    cell, output = np.zeros((2, rows, units))
    for index in range(steps - 1, -1, -1):
        output += slope[index]
        cell += output * through[index]
        sums = by_gate[index]
        sums[:, 2] *= output
        sums[:, :2] *= cell[:, None]
        sums[:, 3] *= cell
        cell *= stay[index]
        output = sums.reshape(rows, -1) @ transposed
    of_inputs = by_gate.reshape(steps, rows, -1)
    flat = went.outputs[:-1].reshape(steps * rows, -1)
    return of_inputs, flat.T @ of_inputs.reshape(steps * rows, -1)
