"""Converts Azure Machine Learning's sweep files (v2's YAML, v1's HyperDrive file) to SweepJobs."""

from .conversion import Conversion, ConversionError, ConversionOptions
from .convert import ConvertedStep, UnsupportedFileError, convert, convert_pipeline, is_pipeline
from .request import in_file_keys

__all__ = [
    "Conversion",
    "ConversionError",
    "ConversionOptions",
    "ConvertedStep",
    "UnsupportedFileError",
    "convert",
    "convert_pipeline",
    "in_file_keys",
    "is_pipeline",
]
