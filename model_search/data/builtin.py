"""The data sets that come with the engine: files of the user's, and two of scikit-learn's. Loads nothing heavy."""

from .option_checks import FILES, FRACTIONS
from .provider import DataOptions, Provider, register_provider

_TABLE = (
    *(*FILES, *FRACTIONS, "label", "types", "weight", "class_weight", "task", "tasks"),
    *("vocabulary", "sequence_length", "tokens"),
)
_BY_FILE = (*FILES, *FRACTIONS, "class_weight", "task", "label_pattern", "group_pattern")
_ARRAYS = (
    *(*FILES, *FRACTIONS, "label", "types", "weight", "class_weight", "task", "tasks", "sequence_length", "augment"),
)
_MEDIA = (*_BY_FILE, "labels_filename", "label", "weight", "tasks", "augment")
_BUNDLED = (*FRACTIONS, "class_weight", "task")


@register_provider("csv", uses=(*_TABLE, "columns", "delimiter"))
def csv(options: DataOptions) -> Provider:
    """A table in a CSV file; see `csv_provider`."""
    from .tables.csv_provider import csv_provider

    return csv_provider(options)


@register_provider("image_directory", uses=(*_MEDIA, "image_size"))
def image_directory(options: DataOptions) -> Provider:
    """Images in one folder a class, or with labels in their names or in a table; see `image_directory`."""
    from .images.image_directory import image_provider

    return image_provider(options)


@register_provider("digits", uses=_BUNDLED)
def digits(options: DataOptions) -> Provider:
    """1,797 handwritten digits (UCI, "Optical recognition of handwritten digits") as vectors of 64 grey values."""
    from .bundled import digits_provider

    return digits_provider(options)


@register_provider("digits_images", uses=(*_BUNDLED, "augment"))
def digits_images(options: DataOptions) -> Provider:
    """The same digits as plates of 8x8x1."""
    from .bundled import digits_images_provider

    return digits_images_provider(options)


@register_provider("breast_cancer", uses=_BUNDLED)
def breast_cancer(options: DataOptions) -> Provider:
    """569 tumours, 30 named measurements, malignant or benign (UCI, "Breast Cancer Wisconsin (Diagnostic)")."""
    from .bundled import breast_cancer_provider

    return breast_cancer_provider(options)


@register_provider("audio_directory", uses=(*_MEDIA, "sample_rate", "seconds"))
def audio_directory(options: DataOptions) -> Provider:
    """WAV files in one folder a class, or with labels in their names or in a table; see `audio_directory`."""
    from .sounds.audio_directory import audio_provider

    return audio_provider(options)


@register_provider("text_directory", uses=(*_BY_FILE, "vocabulary", "sequence_length", "tokens"))
def text_directory(options: DataOptions) -> Provider:
    """Plain texts in one folder a class; see `text_directory`."""
    from .texts.text_directory import text_provider

    return text_provider(options)


@register_provider("text_lines", uses=(*FILES, *FRACTIONS, "task", "vocabulary", "sequence_length", "tokens"))
def text_lines(options: DataOptions) -> Provider:
    """One plain text, each next word or character of which is predicted; see `text_lines`."""
    from .texts.text_lines import lines_provider

    return lines_provider(options)


@register_provider("numpy", uses=_ARRAYS)
def numpy(options: DataOptions) -> Provider:
    """Arrays by name in an .npz archive or a folder of .npy files; see `numpy_files`."""
    from .arrays.numpy_files import numpy_provider

    return numpy_provider(options)


@register_provider("parquet", uses=_TABLE)
def parquet(options: DataOptions) -> Provider:
    """A table in a Parquet file; see `parquet_provider`."""
    from .tables.parquet_provider import parquet_provider

    return parquet_provider(options)


@register_provider("tfrecord", uses=(*_ARRAYS, "schema", "image_size"))
def tfrecord(options: DataOptions) -> Provider:
    """Records of `tf.train.Example` in TFRecord files; see `tfrecord_provider`."""
    from .records.tfrecord_provider import tfrecord_provider

    return tfrecord_provider(options)
