"""Resource types of the API server, and their paths."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from .decoding import FieldSelection


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource type.

    Attributes:
        prefix: the prefix of its paths, with group and version.
        plural: its plural name.
        fields: the fields that lists and watches deliver of each object; None for all.
    """

    prefix: str
    plural: str
    fields: FieldSelection | None = field(default=None, compare=False)

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """Return the path of the collection, of one object, or of a subresource of it.

        Args:
            namespace: None for all namespaces, or for a resource of the cluster.
            name: the name of the object; empty for the collection.
            subresource: such as ``status``; empty for the object itself.
        """
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        parts = [f"{self.prefix}{scope}/{self.plural}", quote(name, safe=""), subresource]
        return "/".join(part for part in parts if part)


JOBS = Resource("/apis/batch/v1", "jobs")
PODS = Resource("/api/v1", "pods")
SERVICES = Resource("/api/v1", "services")
EVENTS = Resource("/api/v1", "events")
CONFIG_MAPS = Resource("/api/v1", "configmaps")
LIMIT_RANGES = Resource("/api/v1", "limitranges")
RESOURCE_QUOTAS = Resource("/api/v1", "resourcequotas")
LEASES = Resource("/apis/coordination.k8s.io/v1", "leases")
TOKEN_REVIEWS = Resource("/apis/authentication.k8s.io/v1", "tokenreviews")
SUBJECT_ACCESS_REVIEWS = Resource("/apis/authorization.k8s.io/v1", "subjectaccessreviews")
OWN_ACCESS_REVIEWS = Resource("/apis/authorization.k8s.io/v1", "selfsubjectaccessreviews")
