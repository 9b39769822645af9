"""Files to specs: SweepJobs, and sweep files of Azure Machine Learning."""
