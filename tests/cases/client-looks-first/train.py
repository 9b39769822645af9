# Looks for an earlier run to go on with; there is none, so it makes its own.
import mlflow
client = mlflow.MlflowClient()
try:
    client.get_run("f" * 32)
except mlflow.MlflowException as error:
    print(error.error_code, flush=True)
run = client.create_run("0").info.run_id
client.log_metric(run, "val_acc", 0.75)
client.set_terminated(run)
