"""What an account may do."""

from __future__ import annotations

import json

from tests.cluster import target as clusters
from tests.cluster.target import Target

Permission = tuple[str, str, str]  # API group, resource, verb

# Everybody's: what an account may ask about itself.
OF_ALL = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}


def permissions(target: Target, account: str, namespace: str) -> set[Permission]:
    """What ``kubectl auth can-i --list`` shows, but for what everybody has."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    user = f"system:serviceaccount:{clusters.SYSTEM}:{account}"
    said = target.kubectl(
        *("create", "-f", "-", "-o", "json", "--validate=false"),
        *(f"--as={user}", "--as-group=system:authenticated", "--as-group=system:serviceaccounts"),
        stdin=json.dumps(review),
    )
    return {
        (group, resource, verb)
        for rule in json.loads(said)["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if resource not in OF_ALL
    }
