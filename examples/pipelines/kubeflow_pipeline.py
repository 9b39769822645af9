"""A sweep as a step of a Kubeflow pipeline; the next step gets its best parameters.

python kubeflow_pipeline.py compiles it to pipeline.yaml. The service account of the pods needs create,
get, list and watch on sweepjobs.sweepjob.dev, and get, list and watch on sweeptrials.sweepjob.dev.
"""

from kfp import compiler, dsl


@dsl.component(base_image="python:3.12", packages_to_install=["sweepjob"])
def sweep(definition: dict, namespace: str, pipeline_run: str) -> dict:
    """Run a sweep to its end, and return the parameters of its best trial."""
    from sweepjob import SweepClient, load_job

    job = load_job(definition)
    # A retry of this step finds its sweep; another run of the pipeline has a sweep of its own.
    job.name = f"{job.name[:37]}-{pipeline_run[:8]}"
    run = SweepClient(namespace=namespace).create_or_update(job)
    run.wait_for_completion()
    return dict(run.best.parameters)


@dsl.component(base_image="python:3.12")
def train(parameters: dict) -> None:
    """Train the final model."""
    print("training with", parameters)


@dsl.pipeline(name="digits")
def digits(definition: dict, namespace: str = "team-a") -> None:
    """Search, then train."""
    best = sweep(
        definition=definition, namespace=namespace, pipeline_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER
    )
    train(parameters=best.output)


if __name__ == "__main__":
    compiler.Compiler().compile(digits, "pipeline.yaml")
