"""Azure's Python client under the same import paths: ``from azure.`` becomes ``from sweepjob.azure.``.

>>> from sweepjob.azure.ai.ml import command
>>> from sweepjob.azure.ai.ml.sweep import Uniform
>>> from sweepjob.azure.identity import DefaultAzureCredential
>>> job = command(
...     command="python train.py --lr ${{inputs.lr}}",
...     environment="azureml:sklearn-1.5@latest",
...     compute="cpu-cluster",
...     inputs={"lr": 0.1},
... )
>>> sweep = job(lr=Uniform(0.01, 0.1)).sweep(
...     primary_metric="accuracy", goal="Maximize", compute="cpu-cluster"
... )
>>> sweep.search_space["lr"]
Uniform(min_value=0.01, max_value=0.1)
"""

from ._missing_modules import install

install()
