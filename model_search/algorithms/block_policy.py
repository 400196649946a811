"""A recurrent policy that writes towers block by block: what it may write, its likelihoods and their gradients.

The input of its one layer (`lstm`) is the last letter; a softmax over a stop and the letters that may follow says what
is next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import lstm
from .alphabet import Alphabet

_NEVER = -1e9
_START_SCALE = 0.08


@dataclass(frozen=True)
class Strings:
    """Strings as the policy writes them: letters, then a stop.

    Attributes:
      tokens: (steps, strings); the number of letters is the stop, and fills up what is behind it.
      allowed: what might have been written, (steps, strings, letters + 1); behind the stop only the stop.
    """

    tokens: np.ndarray
    allowed: np.ndarray

    def part(self, begin: int, end: int) -> "Strings":
        """Some of the strings, without steps that none of them has."""
        tokens = self.tokens[:, begin:end]
        stop = self.allowed.shape[2] - 1
        steps = int((tokens != stop).sum(axis=0).max(initial=0)) + 1
        return Strings(tokens[:steps], self.allowed[:steps, begin:end])


@dataclass(frozen=True)
class Policy:
    """What may be written, and the shape of the network; parameters are one flat array.

    Attributes:
      alphabet: the letters.
      shortest: no stop before so many letters.
      units: of the recurrent layer.
    """

    alphabet: Alphabet
    shortest: int
    units: int

    @property
    def stop(self) -> int:
        """The token that ends a string."""
        return len(self.alphabet.names)

    @cached_property
    def _turns(self) -> np.ndarray:
        """Whether nothing of the body may follow, by token."""
        return np.isin(np.arange(self.stop + 1), sorted(self.alphabet.vectors))

    def initial(self, seed: int) -> np.ndarray:
        """Parameters before any training: uniform within 0.08."""
        tokens, units = self.stop + 1, self.units
        size = tokens * 4 * units + units * 4 * units + units * tokens + tokens
        return np.random.default_rng(seed).uniform(-_START_SCALE, _START_SCALE, size)

    def _parts(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Views into a flat array: weights of the last token, of the layer's output, of the softmax, and its bias."""
        tokens, units = self.stop + 1, self.units
        first = tokens * 4 * units
        second = first + units * 4 * units
        return (
            parameters[:first].reshape(tokens, 4 * units),
            parameters[first:second].reshape(units, 4 * units),
            parameters[second:-tokens].reshape(units, tokens),
            parameters[-tokens:],
        )

    def encode(self, strings: Sequence[tuple[int, ...]], longest: Sequence[int]) -> Strings:
        """Strings of a tower's order, with how long each might have become: there the stop is no choice."""
        steps = max(map(len, strings), default=0) + 1
        tokens = np.full((steps, len(strings)), self.stop)
        for column, string in enumerate(strings):
            tokens[: len(string), column] = string
        allowed = np.empty((*tokens.shape, self.stop + 1), bool)
        behind_turn, ended = np.zeros(len(strings), bool), np.zeros(len(strings), bool)
        limits = np.array(longest, int)
        for step, row in enumerate(tokens):
            allowed[step] = self._allowed(step, behind_turn, ended | (step >= limits))
            behind_turn |= self._turns[row]
            ended |= row == self.stop
        return Strings(tokens, allowed)

    def _allowed(self, step: int, behind_turn: np.ndarray, at_end: np.ndarray) -> np.ndarray:
        """What may be written next, (strings, letters + 1)."""
        allowed = np.ones((len(behind_turn), self.stop + 1), bool)
        allowed[:, self.stop] = step >= self.shortest
        allowed[:, sorted(self.alphabet.body)] &= ~behind_turn[:, None]
        allowed[:, self.stop] |= ~allowed.any(axis=1)
        allowed[at_end, : self.stop] = False
        allowed[at_end, self.stop] = True
        return allowed

    def log_likelihoods(self, parameters: np.ndarray, strings: Strings) -> np.ndarray:
        """Logarithms of the probabilities of the strings, (strings,)."""
        logs, _ = self._forward(parameters, strings)
        return np.asarray(logs[_at(strings.tokens)].sum(axis=0))

    def gradient(
        self, parameters: np.ndarray, strings: Strings, advantages: np.ndarray, entropy_weight: float
    ) -> np.ndarray:
        """Of the loss by the parameters, flat.

        The loss is minus the mean over strings of advantage times log likelihood plus `entropy_weight` times the sum of
        the entropies of the string's steps.
        """
        logs, went = self._forward(parameters, strings)
        shares = np.exp(logs)
        # What is not allowed has no share, and a logarithm of its share that is large but finite.
        entropies = -np.einsum("tsl,tsl->ts", shares, logs)
        slope = shares * (entropy_weight * (logs + entropies[:, :, None]) + advantages[:, None])
        slope[_at(strings.tokens)] -= advantages
        slope /= len(advantages)
        return self._backward(parameters, strings, went, slope)

    def sample(
        self, parameters: np.ndarray, count: int, longest: int, rng: np.random.Generator
    ) -> list[tuple[int, ...]]:
        """Strings of at most `longest` letters, drawn from the policy."""
        inputs, recurrent, outputs, bias = self._parts(parameters)
        last = np.full(count, self.stop)
        cell, output = np.zeros((2, count, self.units))
        behind_turn, ended = np.zeros((2, count), bool)
        rows: list[np.ndarray] = []
        while not ended.all():
            lstm.step(inputs[last] + output @ recurrent, cell, output)
            allowed = self._allowed(len(rows), behind_turn, ended | (len(rows) >= longest))
            logits = np.where(allowed, output @ outputs + bias, _NEVER)
            sums = np.exp(logits - logits.max(axis=1, keepdims=True)).cumsum(axis=1)
            last = (sums > rng.random((count, 1)) * sums[:, -1:]).argmax(axis=1)
            behind_turn |= self._turns[last]
            ended |= last == self.stop
            rows.append(last)
        return [tuple(int(token) for token in string if token != self.stop) for string in np.stack(rows, axis=1)]

    def _forward(self, parameters: np.ndarray, strings: Strings) -> tuple[np.ndarray, lstm.Run]:
        """Logarithms of what comes next, (steps, strings, letters + 1), and what the layer went through."""
        inputs, recurrent, outputs, bias = self._parts(parameters)
        went = lstm.run(inputs[_before(strings.tokens, self.stop)], recurrent)
        logits = np.where(strings.allowed, went.outputs[1:] @ outputs + bias, _NEVER)
        logits -= logits.max(axis=2, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=2, keepdims=True))
        return logits, went

    def _backward(self, parameters: np.ndarray, strings: Strings, went: lstm.Run, slope: np.ndarray) -> np.ndarray:
        """Gradient by the parameters from that by the logits, (steps, strings, letters + 1)."""
        _, recurrent, outputs, _ = self._parts(parameters)
        gradient = np.zeros_like(parameters)
        of_inputs, of_recurrent, of_outputs, of_bias = self._parts(gradient)
        flat = slope.reshape(-1, self.stop + 1)
        of_outputs += went.outputs[1:].reshape(len(flat), -1).T @ flat
        of_bias += flat.sum(axis=0)
        of_sums, by_weights = lstm.back(went, recurrent, slope @ outputs.T)
        of_recurrent += by_weights
        last = np.arange(self.stop + 1)[:, None] == _before(strings.tokens, self.stop).ravel()
        of_inputs += last.astype(float) @ of_sums.reshape(len(flat), -1)
        return gradient


def _at(tokens: np.ndarray) -> tuple[np.ndarray, ...]:
    """The index of what was written, in arrays (steps, strings, letters + 1)."""
    steps, count = tokens.shape
    return np.arange(steps)[:, None], np.arange(count), tokens


def _before(tokens: np.ndarray, first: int) -> np.ndarray:
    """What is written last before each step; at the start the stop."""
    return np.concatenate([np.full((1, tokens.shape[1]), first), tokens[:-1]])
