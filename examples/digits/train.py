"""Train a small neural network on scikit-learn's handwritten digits.

This is an ordinary training script: it logs with MLflow and depends on neither sweeps nor Kubernetes.
"""

import argparse

import mlflow
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--activation", choices=("relu", "tanh", "logistic"), default="relu")
    parser.add_argument("--alpha", type=float, default=1e-4, help="weight decay")
    parser.add_argument("--epochs", type=int, default=15)
    return parser.parse_args()


def with_noise(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the images with 24 noisy copies of each."""
    random = np.random.default_rng(0)
    copies = [images, *(images + random.normal(0.0, 0.1, images.shape) for _ in range(24))]
    return np.concatenate(copies), np.tile(labels, len(copies))


def main() -> None:
    """Train, and log the validation metrics of each epoch."""
    args = arguments()
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        images / 16.0, labels, test_size=0.3, random_state=0, stratify=labels
    )
    train_x, train_y = with_noise(train_x, train_y)
    network = MLPClassifier(
        hidden_layer_sizes=(args.hidden,),
        activation=args.activation,
        alpha=args.alpha,
        batch_size=args.batch_size,
        learning_rate_init=args.learning_rate,
        random_state=0,
    )
    with mlflow.start_run():
        mlflow.log_params(vars(args))
        for epoch in range(1, args.epochs + 1):
            network.partial_fit(train_x, train_y, classes=range(10))
            accuracy = network.score(test_x, test_y)
            loss = log_loss(test_y, network.predict_proba(test_x), labels=range(10))
            mlflow.log_metrics({"val_accuracy": accuracy, "val_loss": loss}, step=epoch)
            print(f"epoch {epoch:3d}  accuracy {accuracy:.4f}  loss {loss:.4f}", flush=True)


if __name__ == "__main__":
    main()
