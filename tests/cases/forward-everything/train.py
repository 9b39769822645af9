import os, pathlib, mlflow, numpy as np
from sklearn.linear_model import LogisticRegression
mlflow.set_experiment("team a/b ü")
client = mlflow.MlflowClient()
rng = np.random.default_rng(0)
x = rng.normal(size=(200, 3)); y = (x.sum(axis=1) > 0).astype(int)
with mlflow.start_run(run_name="naïve ü") as run:
    folder = pathlib.Path("files"); folder.mkdir()
    (folder / "empty.txt").write_text("")
    (folder / "a b ü.txt").write_text("hello")
    (folder / "large.bin").write_bytes(b"x" * 40_000_000)
    mlflow.log_artifacts(str(folder), "files")
    for i in range(5):
        mlflow.log_artifact(str(folder / "empty.txt"))       # a file without content goes up in chunks
        mlflow.log_metric("val_acc", i / 10, step=i)
    mlflow.log_metric("val_acc", float("nan"), step=6)
    mlflow.log_metric("val_acc", float("inf"), step=7)
    mlflow.log_metrics({"val_acc": 0.75, "loss/ü x": 1}, step=8)
    model = LogisticRegression().fit(x, y)
    mlflow.sklearn.log_model(model, name="model", registered_model_name="fw")
    mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    got = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="files/large.bin")
    assert os.path.getsize(got) == 40_000_000
    assert len(client.list_artifacts(run.info.run_id, "files")) == 3
    history = sorted((m.step, m.value) for m in client.get_metric_history(run.info.run_id, "val_acc"))
    # A database has the largest number for an infinite one.
    print("history", [value if not value > 1e300 else float("inf") for _, value in history])
