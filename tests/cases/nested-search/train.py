import mlflow
with mlflow.start_run() as parent:
    for fold, value in enumerate([0.5, 0.75, 1.0]):
        with mlflow.start_run(nested=True, run_name=f"fold-{fold}"):
            mlflow.log_metric("fold_acc", value)
    folds = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert len(folds) == 3, folds
    mlflow.log_metric("val_acc", folds["metrics.fold_acc"].mean())
