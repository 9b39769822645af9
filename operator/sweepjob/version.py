"""The version of the package, the chart, and the images."""

__version__ = "0.2.0"
