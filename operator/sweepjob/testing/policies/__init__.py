"""The contract of early-termination policies.

A test class inherits ``PolicyContract``, sets ``declaration``, and defines ``make`` and
``should_stop``; pytest runs the suite. That of a policy that pauses trials inherits
``PausingPolicyContract``, and also defines ``should_pause`` and ``may_continue``.
"""

from .contract import PolicyContract, registered
from .histories import Curves, Report, curves_at, pauses, play, stops
from .pausing_contract import PausingPolicyContract

__all__ = [
    "Curves",
    "PausingPolicyContract",
    "PolicyContract",
    "Report",
    "curves_at",
    "pauses",
    "play",
    "registered",
    "stops",
]
