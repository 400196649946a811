"""TensorFlow as all tests have it: quiet, and with two logical devices for tests of data-parallel training."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()],
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files go to two processes: those that run searches by command take longest, and come first."""
    items.sort(key=lambda item: "trainers" not in item.path.parts)
