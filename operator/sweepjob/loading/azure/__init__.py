"""Converts Azure Machine Learning's sweep files (v2's YAML, v1's HyperDrive file) to SweepJobs."""

from .conversion import Conversion, ConversionError, ConversionOptions
from .convert import ConvertedStep, UnsupportedFileError, convert, convert_pipeline, is_pipeline
from .old_keys import in_current_keys

__all__ = [
    "Conversion",
    "ConversionError",
    "ConversionOptions",
    "ConvertedStep",
    "UnsupportedFileError",
    "convert",
    "convert_pipeline",
    "in_current_keys",
    "is_pipeline",
]
