"""The version of the package, the chart, and the images."""

__version__ = "0.1.0"
