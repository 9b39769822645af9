"""The early-termination policies, by the names that users write.

Another distribution registers its own by an entry point in the group ``sweepjob.policies``, whose value
is a ``PolicyDeclaration``.
"""

from __future__ import annotations

from ...plugins.registry import Registry
from . import asha, auto, bandit, forecast, hyperband, median, truncation
from .declaration import PolicyDeclaration

POLICIES: Registry[PolicyDeclaration] = Registry("policy", "sweepjob.policies", PolicyDeclaration)
POLICIES.register(bandit.DECLARATION)
POLICIES.register(median.DECLARATION)
POLICIES.register(truncation.DECLARATION)
POLICIES.register(asha.DECLARATION)
POLICIES.register(hyperband.DECLARATION)
POLICIES.register(forecast.DECLARATION)
POLICIES.register(auto.DECLARATION)
