"""The public client of Azure Machine Learning, as the oracle of conversions."""
