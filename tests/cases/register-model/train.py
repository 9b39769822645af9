import mlflow, numpy as np
from sklearn.linear_model import LogisticRegression
x = np.arange(8.0).reshape(-1, 1); y = (x[:, 0] > 3).astype(int)
client = mlflow.MlflowClient()
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(LogisticRegression().fit(x, y), artifact_path="model", registered_model_name="my-model")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/model", "my-model")
    assert int(version.version) == 2, version
    client.set_registered_model_alias("my-model", "champion", version.version)
    for uri in ("models:/my-model/1", "models:/my-model@champion"):
        again = mlflow.sklearn.load_model(uri)
        mlflow.log_metric("val_acc", float((again.predict(x) == y).mean()))
    assert client.get_model_version_by_alias("my-model", "champion").version == version.version
