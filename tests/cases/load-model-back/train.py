import mlflow, numpy as np
from sklearn.linear_model import LogisticRegression
x = np.arange(8.0).reshape(-1, 1); y = (x[:, 0] > 3).astype(int)
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(LogisticRegression().fit(x, y), artifact_path="model")
    again = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    mlflow.log_metric("val_acc", float((again.predict(x) == y).mean()))
