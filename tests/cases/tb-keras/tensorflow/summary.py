# tf.summary: writes scalars as tensors with the metadata of their plugin, as TensorFlow 2 does.
import struct
import types
from contextlib import contextmanager

from tensorboardX.event_file_writer import EventFileWriter
from tensorboardX.proto import event_pb2, summary_pb2

_FLOAT, _STRING = 1, 7
_current = []


class _Writer:
    def __init__(self, folder):
        self._file = EventFileWriter(folder, filename_suffix=".v2")

    @contextmanager
    def as_default(self, step=None):
        _current.append(self)
        try:
            yield self
        finally:
            _current.pop()

    def add(self, value, step):
        event = event_pb2.Event(summary=summary_pb2.Summary(value=[value]))
        event.step = int(step)
        self._file.add_event(event)
        self._file.flush()

    def close(self):
        self._file.close()


create_file_writer = _Writer


def value_of(tag, tensor, metadata):
    value = summary_pb2.Summary.Value(tag=tag, metadata=metadata)
    if isinstance(tensor, str):
        value.tensor.dtype = _STRING
        value.tensor.tensor_shape.SetInParent()
        value.tensor.string_val.append(tensor.encode())
    else:
        value.tensor.dtype = _FLOAT
        value.tensor.tensor_shape.SetInParent()
        value.tensor.tensor_content = struct.pack("<f", float(tensor))
    return value


def write(tag, tensor, step, metadata):
    if _current:
        _current[-1].add(value_of(tag, tensor, metadata), step)
    return bool(_current)


def scalar_metadata():
    metadata = summary_pb2.SummaryMetadata()
    metadata.plugin_data.plugin_name = "scalars"
    return metadata


def scalar(name, value, step):
    return write(name, value, step, scalar_metadata())


@contextmanager
def _summary_scope(name, default, values):
    yield name, name


@contextmanager
def record_if(condition):
    yield


experimental = types.SimpleNamespace(summary_scope=_summary_scope)
