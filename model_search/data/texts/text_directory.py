"""The provider `text_directory`: plain text files, one folder a class or labels in their names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...errors import UsageError
from ..files.file_labels import Naming
from ..files.file_parts import FileList, FileParts, choices, file_parts, naming_columns, require_classes
from ..files.file_scan import Scan, scan_files
from ..memory import Part, Parts
from ..provider import Column, DataOptions, Description
from .text_files import TEXTS, read_text
from .text_provider import TEXT, TextProvider
from .text_tokens import MAXIMUM_LENGTH, TextOptions, TextPlan, plain, plan_texts, tokenize, untokenized

FEW_FILES = 10
"""A class with fewer files has no documents but books, from which passages are taken."""

ENCODING = 1
"""Version of the encoding; it changes when the same texts would be encoded in another way."""


@dataclass
class Corpus:
    """Reads folders of texts, and cuts them into passages where they are books.

    Files are cut if `sequence_length` is given and some training class has fewer than `FEW_FILES` of them: one longer
    than `sequence_length` tokens then becomes passages of so many that follow each other without overlap; a rest of
    less than half is left out. Passages of a file can be in different parts, unless `group_pattern` forbids it.

    Attributes:
      wanted: what the user wants of texts.
      naming: where labels and groups stand.
      texts: what was read, by path, or by path and number of the passage.
      is_cut: whether files are cut; decided by the training folder.
      notes: what was cut, in words.
    """

    wanted: TextOptions
    naming: Naming
    texts: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    notes: list[str] = field(default_factory=list)

    def scan(self, root: str, classes: Sequence[str] | None) -> Scan:
        """The files of a folder, or their passages as if they were files; the training folder comes first.

        Raises:
          UsageError: as `scan_files`.
        """
        found = scan_files(root, TEXTS, self.naming, classes)
        if classes is None:
            self.is_cut = self.wanted.sequence_length > 0 and min(Counter(found.labels).values()) < FEW_FILES
        pieces = [self._read(path) for path in found.paths]
        if not self.is_cut:
            return found
        places = [place for place, names in enumerate(pieces) for _ in names]
        length = f"{self.wanted.sequence_length} {self.wanted.tokens}s"
        self.notes.append(f"{root}: {len(pieces)} files give {len(places)} passages of up to {length}")
        return replace(
            found,
            paths=tuple(name for names in pieces for name in names),
            labels=tuple(found.labels[place] for place in places),
            groups=tuple(found.groups[place] for place in places) if found.groups else (),
        )

    def _read(self, path: str) -> list[str]:
        text = plain(read_text(path))
        pieces = cut(text, self.wanted.tokens, self.wanted.sequence_length) if self.is_cut else [text]
        names = [path] if len(pieces) == 1 else [f"{path}#{number}" for number in range(1, len(pieces) + 1)]
        self.texts.update(zip(names, pieces, strict=True))
        return names

    def part(self, files: FileList) -> Part:
        """Examples of some of the texts."""
        texts = np.array([self.texts[path] for path in files.paths], dtype=object)
        return Part({TEXT: texts}, files.labels, files.weights)


def cut(text: str, tokens: str, length: int) -> list[str]:
    """A text as passages of `length` tokens, without a rest of less than half; as it is if it has no more of them."""
    pieces = tokenize(text, tokens)
    if len(pieces) <= length:
        return [text]
    starts = range(0, len(pieces) - (length + 1) // 2 + 1, length)
    return [untokenized(pieces[start : start + length], tokens) for start in starts]


def text_provider(options: DataOptions) -> TextProvider:
    """Scans the folders of the options and splits what has no folder of its own.

    Recurrent networks read sequences of token ids, networks of problem type DNN bags of words. All texts are kept in
    memory.

    Raises:
      UsageError: a folder is missing or holds no texts, a text is not UTF-8, or an option has no meaning for texts.
    """
    require_classes(options, "text")
    if options.problem_type in ("CNN", "RNN_ALL_ACTIVATIONS"):
        raise UsageError(
            f"problem_type {options.problem_type} has no meaning for text folders, where each text has one class; "
            "take RNN_LAST_ACTIVATIONS or DNN"
        )
    wanted = TextOptions.of(options, is_sequence=options.problem_type != "DNN")
    corpus = Corpus(wanted, Naming.of(options))
    parts = file_parts(options, corpus.scan)
    if wanted.sequence_length and not wanted.is_sequence and not corpus.is_cut:
        raise UsageError(f"sequence_length {wanted.sequence_length} has no meaning where texts are bags of words")
    plan = plan_texts((corpus.texts[path] for path in parts.train.paths), wanted)
    if not plan.vocabulary:
        raise UsageError(f"{options.filename}: no text has a {wanted.tokens} in it")
    examples = Parts(
        corpus.part(parts.train),
        corpus.part(parts.evaluation),
        corpus.part(parts.test) if len(parts.test.paths) else None,
    )
    form = f"{plan.tokens}:{len(plan.vocabulary)}:{plan.sequence_length}"
    form += f" passages={wanted.sequence_length}" if corpus.is_cut else ""
    identity = f"texts sha256:{parts.digests()} texts={parts.sizes()} encoding={ENCODING} {form} {choices(options)}"
    return TextProvider(plan, parts.task, "file", examples, _describe(parts, plan, corpus, options), identity)


def _describe(parts: FileParts, plan: TextPlan, corpus: Corpus, options: DataOptions) -> Description:
    notes = [*parts.notes(), *corpus.notes]
    if plan.sequence_length == MAXIMUM_LENGTH and not options.sequence_length:
        notes.append(f"texts are cut after {MAXIMUM_LENGTH} {plan.tokens}s; sequence_length takes another length")
    return Description(
        len(parts.train.paths),
        len(parts.evaluation.paths),
        len(parts.test.paths) or None,
        (Column(TEXT, "text", plan.detail), *naming_columns(options)),
        tuple(notes),
        parts.label_counts(),
    )
