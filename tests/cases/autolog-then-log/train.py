import mlflow, numpy as np
from sklearn.linear_model import LogisticRegression
mlflow.autolog(log_models=False)
rng = np.random.default_rng(0)
x = rng.normal(size=(200, 3)); y = (x.sum(axis=1) > 0).astype(int)
LogisticRegression().fit(x[:150], y[:150])
mlflow.log_metric("val_acc", 0.75)       # no run was started by hand: MLflow starts one
