"""Azure Machine Learning's sweep files to SweepJobs: v2's sweep YAML and v1's HyperDrive file."""

from .conversion import Conversion, ConversionInputs, Refused
from .convert import NotASweep, convert

__all__ = ["Conversion", "ConversionInputs", "NotASweep", "Refused", "convert"]
