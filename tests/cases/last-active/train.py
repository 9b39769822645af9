import mlflow
client = mlflow.MlflowClient()
with mlflow.start_run(run_name="r") as run:
    mlflow.log_metric("val_acc", 0.5)
    assert client.get_run(run.info.run_id).data.tags["mlflow.runName"] == run.info.run_name
    with mlflow.start_run(nested=True):
        mlflow.log_metric("val_acc", 99)
print("last", mlflow.last_active_run().data.metrics["val_acc"])
