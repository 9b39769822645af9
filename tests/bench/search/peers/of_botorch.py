"""BoTorch: its default Gaussian process and log expected improvement."""

from __future__ import annotations

from typing import Any

from .spaces import Config, Parameter, assemble, bell, flat, rounded


class BoTorch:
    """What its documentation does first: everything in the unit cube, categories one-hot, outcomes
    standardised, a Sobol start of twice the parameters (at least 5), pending trials as such. What is
    to be whole is rounded when it is tried, and the model is told the point as it was tried."""

    def __init__(self, space: list[Parameter], seed: int, kind: str) -> None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self._space = space
        self._columns: dict[str, tuple[int, int]] = {}
        at = 0
        for name, p in flat(space):
            width = len(p["values"]) if p["type"] == "choice" else 1
            self._columns[name] = (at, at + width)
            at += width
        self._sobol = torch.quasirandom.SobolEngine(at, scramble=True, seed=seed)
        self._start = max(5, 2 * len(self._columns))
        self._count = 0
        self._asked: list[tuple[Config, Any]] = []
        self._points: list[Any] = []
        self._values: list[float] = []
        self._fitted: Any = (
            None  # the model of all that has been told, until more is, and the best of it
        )

    def ask(self) -> Config:
        self._count += 1
        known = len(self._values)
        drawn = self._count <= self._start or known < 2
        point = self._sobol.draw(1).double()[0] if drawn else self._best()
        tried = point.clone()
        config = assemble(self._space, lambda name, p: self._value(point, tried, name, p))
        self._asked.append((config, tried))
        return config

    def _value(self, point: Any, tried: Any, name: str, p: Parameter) -> Any:
        start, end = self._columns[name]
        kind = p["type"]
        if kind == "choice":
            chosen = int(point[start:end].argmax())
            tried[start:end] = 0.0
            tried[start + chosen] = 1.0
            return chosen
        share = float(point[start])
        if kind == "randint":
            count = p["max"] - p["min"] + 1
            step = min(int(share * count), count - 1)
            tried[start] = (step + 0.5) / count
            return p["min"] + step
        if kind.endswith("normal"):
            return bell(p, 6 * share - 3)
        low, high = p["min"], p["max"]
        value = low * (high / low) ** share if "log" in kind else low + (high - low) * share
        return rounded(p, value)

    def _best(self) -> Any:
        import torch
        from botorch.acquisition import LogExpectedImprovement, qLogExpectedImprovement
        from botorch.optim import optimize_acqf

        if self._fitted is None:
            self._fitted = self._fit()
        model, best = self._fitted
        if self._asked:
            pending = torch.stack([tried for _, tried in self._asked])
            wanted = qLogExpectedImprovement(model, best, X_pending=pending)
        else:
            wanted = LogExpectedImprovement(model, best)
        width = len(self._points[0])
        bounds = torch.stack([torch.zeros(width), torch.ones(width)]).double()
        found, _ = optimize_acqf(wanted, bounds, q=1, num_restarts=10, raw_samples=512)
        return found[0].detach()

    def _fit(self) -> Any:
        import torch
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from gpytorch.mlls import ExactMarginalLogLikelihood

        values = -torch.tensor(self._values, dtype=torch.double).unsqueeze(-1)
        values = (values - values.mean()) / values.std().clamp_min(1e-12)
        model = SingleTaskGP(torch.stack(self._points), values)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        return model, values.max()

    def tell(self, config: Config, value: float | None) -> None:
        self._fitted = None
        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        tried = self._asked.pop(position)[1]
        if value is None:
            value = max(self._values, default=0.0)
        self._points.append(tried)
        self._values.append(value)
