"""Converts Azure Machine Learning's sweep files (v2's YAML, v1's HyperDrive file) to SweepJobs."""

from .conversion import Conversion, ConversionError, ConversionOptions
from .convert import UnsupportedFileError, convert

__all__ = ["Conversion", "ConversionError", "ConversionOptions", "UnsupportedFileError", "convert"]
