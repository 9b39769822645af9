"""Train a logistic regression on generated data. Needs only Python's standard library."""

import argparse
import math
import random


def data(count: int, seed: int) -> list[tuple[list[float], int]]:
    """Return labelled points in ten dimensions, of which three are relevant; some labels are wrong."""
    chance = random.Random(seed)
    points = []
    for _ in range(count):
        x = [chance.gauss(0, 1) for _ in range(10)]
        label = int(2 * x[0] - 1.5 * x[1] + x[2] + chance.gauss(0, 0.7) > 0)
        points.append((x, label))
    return points


def probability(weights: list[float], x: list[float]) -> float:
    """Return the predicted probability that the label of ``x`` is 1."""
    activation = sum(w * v for w, v in zip(weights, x, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, activation))))


def main() -> None:
    """Train, and print the validation accuracy of each epoch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--momentum", type=float, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--epochs", type=int, default=15)
    args = parser.parse_args()
    train, validation = data(400, 1), data(200, 2)
    weights, velocity = [0.0] * 10, [0.0] * 10
    for epoch in range(1, args.epochs + 1):
        random.Random(epoch).shuffle(train)
        for start in range(0, len(train), args.batch):
            batch = train[start : start + args.batch]
            errors = [probability(weights, x) - label for x, label in batch]
            for n in range(10):
                slope = sum(e * x[n] for e, (x, _) in zip(errors, batch, strict=True)) / len(batch)
                velocity[n] = args.momentum * velocity[n] - args.lr * slope
                weights[n] += velocity[n]
        correct = sum((probability(weights, x) > 0.5) == bool(label) for x, label in validation)
        print(f"epoch={epoch} val_accuracy={correct / len(validation)}", flush=True)


if __name__ == "__main__":
    main()
