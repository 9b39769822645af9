"""Results of earlier trials: our exports, Optuna's and Katib's trials, and tables of other tools."""
