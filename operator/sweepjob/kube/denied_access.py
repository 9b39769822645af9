"""Distinguishes the 403 of a missing RBAC permission from that of a quota or another admission check."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The message of the API server's authorization, whichever authorizer denied the request. Admission writes
# something else after "is forbidden:", and a webhook begins with its own name: neither matches.
_DENIED = re.compile(
    r'^[\w.-]+(?: "[^"]*")? is forbidden: User "[^"]*" cannot (?P<verb>[\w-]+) '
    r'resource "(?P<resource>[\w./-]+)" in API group "(?P<group>[\w.-]*)"'
    r'(?: in the namespace "(?P<namespace>[\w.-]*)")?'
)
# The message of the admission plugin OwnerReferencesPermissionEnforcement about a new object.
_OWNER_DENIED = re.compile(
    r'^(?P<resource>[\w-]+)(?:\.(?P<group>[\w.-]+))?(?: "[^"]*")? is forbidden: '
    r"cannot set blockOwnerDeletion"
)
# The verb for that: the missing permission is to update the finalizers of the owner, which the message
# does not name.
SET_OWNER = "set blockOwnerDeletion on"


@dataclass(frozen=True, slots=True)
class DeniedAccess:
    """The access that a request would have needed.

    Attributes:
        verb: the RBAC verb, such as ``list``, or ``SET_OWNER``.
        group: the API group; empty for the core group.
        resource: plural, with the subresource behind a slash.
        namespace: empty for the whole cluster.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""


def parse_denied_access(message: str) -> DeniedAccess | None:
    """Return the access that a 403 denies by its message; None for a refusal by admission."""
    if (found := _DENIED.match(message)) is not None:
        part = found.groupdict()
        return DeniedAccess(part["verb"], part["group"], part["resource"], part["namespace"] or "")
    if (created := _OWNER_DENIED.match(message)) is not None:
        return DeniedAccess(SET_OWNER, created["group"] or "", created["resource"])
    return None
