# Stops by itself when the metric has not become better for two epochs, from what MLflow has on record.
import mlflow
client = mlflow.MlflowClient()
with mlflow.start_run() as run:
    for step, value in enumerate([0.1, 0.5, 0.4, 0.3, 0.9]):
        mlflow.log_metric("val_acc", value, step=step)
        history = [m.value for m in client.get_metric_history(run.info.run_id, "val_acc")]
assert history == [0.1, 0.5, 0.4, 0.3, 0.9], history
