"""TensorBoard event files.

TensorFlow's own summary writer needs the `tensorboard` package, which it no longer brings; an event file is a TFRecord
file of `Event` messages, and those TensorFlow does have.
"""

import time
from collections.abc import Iterable

import tensorflow as tf

from .. import files
from ..study import Measurement


def write_events(folder: str, measurements: Iterable[Measurement]) -> None:
    """Writes metrics by step as scalars into one event file of `folder`."""
    now = time.time()
    events = [tf.compat.v1.Event(wall_time=now, file_version="brain.Event:2")]
    for measurement in measurements:
        values = [tf.compat.v1.Summary.Value(tag=name, simple_value=v) for name, v in measurement.metrics.items()]
        summary = tf.compat.v1.Summary(value=values)
        events.append(tf.compat.v1.Event(wall_time=now, step=measurement.step, summary=summary))
    with tf.io.TFRecordWriter(files.join(folder, "events.out.tfevents.model_search")) as writer:
        for event in events:
            writer.write(event.SerializeToString())
