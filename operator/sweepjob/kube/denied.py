"""The 403 of a right that is lacking, told apart from the 403 of a quota or another admission check."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..api import names

# Of the API server's authorization, whoever authorizes. Admission says something else behind
# "is forbidden:", and a webhook begins with its own name: neither can be taken for it.
_DENIED = re.compile(
    r'^[\w.-]+(?: "[^"]*")? is forbidden: User "[^"]*" cannot (?P<verb>[\w-]+) '
    r'resource "(?P<resource>[\w./-]+)" in API group "(?P<group>[\w.-]*)"'
    r'(?: in the namespace "(?P<namespace>[\w.-]*)")?'
)
# Of the admission plugin OwnerReferencesPermissionEnforcement, about a Job or a record of ours.
_OWNER = re.compile(r'^(?P<made>[\w.-]+)(?: "[^"]*")? is forbidden: cannot set blockOwnerDeletion')
_OWNER_OF = {"jobs.batch": "sweeptrials", f"sweeptrials.{names.GROUP}": "sweepjobs"}


@dataclass(frozen=True, slots=True)
class Denied:
    """What a refused request would have needed."""

    verb: str
    group: str
    resource: str
    namespace: str = ""


def parse_denied(message: str) -> Denied | None:
    """The right that the message of a 403 says is lacking; None when admission refused."""
    found = _DENIED.match(message)
    if found is not None:
        part = found.groupdict()
        return Denied(part["verb"], part["group"], part["resource"], part["namespace"] or "")
    owner = _OWNER.match(message)
    if owner is not None and owner["made"] in _OWNER_OF:
        return Denied("update", names.GROUP, f"{_OWNER_OF[owner['made']]}/finalizers")
    return None
