"""The provider `text_directory`: plain text files, one folder a class or labels in their names."""

from ...errors import UsageError
from ..files.file_labels import Naming
from ..files.file_parts import FileParts, choices, file_parts, naming_columns, require_classes
from ..memory import Part
from ..provider import Column, DataOptions, Description
from .text_corpus import Corpus, CorpusPart
from .text_provider import TEXT, TextProvider, is_large, text_parts
from .text_tokens import MAXIMUM_LENGTH, TextOptions, TextPlan, plan_texts

ENCODING = 1
"""Version of the encoding; it changes when the same texts would be encoded in another way."""


def text_provider(options: DataOptions) -> TextProvider:
    """Scans the folders of the options and splits what has no folder of its own.

    Recurrent networks read sequences of token ids, networks of problem type DNN bags of words. Many texts are streamed:
    each is read again in each pass.

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
    is_streamed = is_large(corpus.files)
    sources = [
        CorpusPart(corpus, files) if len(files.paths) else None for files in (parts.train, parts.evaluation, parts.test)
    ]
    examples = text_parts(sources, is_streamed)
    train = examples[0]
    plan = plan_texts(train.features[TEXT] if isinstance(train, Part) else map(corpus.text, parts.train.paths), wanted)
    if not plan.vocabulary:
        raise UsageError(f"{options.filename}: no text has a {wanted.tokens} in it")
    form = f"{plan.tokens}:{len(plan.vocabulary)}:{plan.sequence_length}"
    form += f" passages={wanted.sequence_length}" if corpus.is_cut else ""
    encoded = f"texts={parts.sizes()} encoding={ENCODING} {form}"
    identity = f"texts sha256:{parts.digests()} {encoded} {choices(options)}"
    facts = _describe(parts, plan, corpus, options, is_streamed)
    return TextProvider(plan, parts.task, "file", examples, facts, identity)


def _describe(parts: FileParts, plan: TextPlan, corpus: Corpus, options: DataOptions, is_streamed: bool) -> Description:
    notes = [f"{options.filename} is streamed: texts are read in each pass"] if is_streamed else []
    notes += [*parts.notes(), *corpus.notes]
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
