"""The intake among enemies: each is refused with the right status, and the operator stays small."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.cluster import target as clusters
from tests.cluster.console import ClusterError

from .pushes import push, reports
from .sweeps import Sweeps, choice, eventually

# Runs in a sidecar: whatever an enemy in a trial's pod could send, many times over. Prints how often
# each attack was answered by which status.
ATTACKS = r"""
import collections, concurrent.futures, http.client, json, os, socket, ssl, time
from urllib.parse import urlsplit
told = json.loads(os.environ["SWEEPJOB_SIDECAR"])
url = urlsplit(told["operatorUrl"])
context = ssl.create_default_context(cadata=told["operatorCa"])
context.verify_flags &= ~ssl.VERIFY_X509_STRICT
token = open("/var/run/secrets/sweepjob.dev/token").read()
own = {"namespace": told["namespace"], "trial": told["trial"], "first": 1}
def body(**more): return json.dumps({**own, "values": [], "seen": [], **more}).encode()
attacks = {
    "names": body(seen=[])[:-2] + b'"",' * 1_000_000 + b'""]}',
    "too many names": body(seen=["n%d" % n for n in range(60)]),
    "values": body(values=[0.5] * 501),
    "huge": b" " * 5_000_000,
    "deep": b"[" * 60_000,
    "no JSON": b"\x00\xff" * 1000,
    "text for a number": body(values=["much"]),
    "another trial": body(trial="live-999"),
    "another namespace": body(namespace="default"),
}
def post(connection, data, bearer):
    connection.request("POST", "/v1/reports", data, {"Authorization": "Bearer " + bearer} if bearer else {})
    answer = connection.getresponse()
    answer.read()
    return answer.status
def attack(name, count):
    connection, ends = None, []
    for n in range(count):
        data, bearer = attacks.get(name, b"{}"), token
        if name == "no token": bearer = ""
        if name == "random tokens": bearer = "%s.%d.x" % (os.urandom(500).hex(), n)
        try:
            connection = connection or http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=30)
            ends.append(post(connection, data, bearer))
            time.sleep(0.2 if bearer == token else 0)  # below the rate; a test of its own goes above
        except (OSError, http.client.HTTPException):
            ends.append("cut off")
            connection = None
    return ends
counts = {**dict.fromkeys(attacks, 30), "no token": 300, "random tokens": 300}
with concurrent.futures.ThreadPoolExecutor(len(counts)) as pool:
    answers = dict(zip(counts, pool.map(attack, counts, counts.values())))
attacks.clear()  # a sidecar has little memory
def loris(_):
    try:
        raw = socket.create_connection((url.hostname, url.port), timeout=60)
        sock = context.wrap_socket(raw, server_hostname=url.hostname)
    except OSError:
        return "refused"  # too many connections of one address
    with sock:
        begun = time.monotonic()
        try:
            while time.monotonic() < begun + 40:
                sock.send(b"P" if time.monotonic() < begun + 1 else b"")
                sock.settimeout(2)
                try:
                    if not sock.recv(1): break
                except TimeoutError: pass
        except OSError: pass
        return "cut off" if 5 < time.monotonic() - begun < 30 else "wrong"
with concurrent.futures.ThreadPoolExecutor(100) as pool:
    answers["loris"] = list(pool.map(loris, range(100)))
# Counted here alone: threads that add to the same number lose some of what they add.
print(json.dumps({name: collections.Counter(map(str, ends)) for name, ends in answers.items()}))
"""
# More requests than a sidecar ever sends.
FLOOD = (
    ATTACKS.partition("attacks = {")[0]
    + r"""
connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
found = collections.Counter()
for n in range(2000):  # 100 at once and 50 a second are allowed
    if found[429] > 2:
        break
    connection.request("POST", "/v1/reports", body(), {"Authorization": "Bearer " + token})
    answer = connection.getresponse()
    answer.read()
    found[answer.status] += 1
print(json.dumps({str(k): v for k, v in found.items()}))
"""
)


@pytest.fixture(scope="module")
def pod(sweeps: Sweeps) -> str:
    """The pod of a live trial that reports nothing more."""
    space = {"level": choice(0.1), "reports": choice(1), "pause": choice(600)}
    one = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    spec = sweeps.spec(space, limits=one)
    spec["trial"]["resources"] = {}
    sweeps.apply("live", spec)
    eventually(lambda: sweeps.trials("live")[0]["status"]["curve"], 60, "it has reported")
    return str(sweeps.running_pods("live")[0]["metadata"]["name"])


def metric(sweeps: Sweeps, name: str) -> float:
    path = f"/api/v1/namespaces/{clusters.SYSTEM}/services/sweepjob:8080/proxy/metrics"
    lines = sweeps.target.kubectl("get", "--raw", path).splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[-1])


def memory(sweeps: Sweeps) -> float:
    """Of both processes of the operator."""
    names = ("process_resident_memory_bytes", "sweepjob_intake_resident_memory_bytes")
    return sum(metric(sweeps, name) for name in names)


def run_in(sweeps: Sweeps, pod: str, script: str) -> Any:
    text = sweeps.kubectl("exec", pod, "-c", "sweepjob-sidecar", "--", "python3", "-c", script)
    return json.loads(text)


def test_attacks_are_refused_and_memory_stays_bounded(sweeps: Sweeps, pod: str) -> None:
    # A hundred TLS connections at a time have their price; what counts is that it is paid once. The C
    # library takes two rounds to have pieces of every size.
    for _ in range(2):
        run_in(sweeps, pod, ATTACKS)
    before = memory(sweeps)
    found = run_in(sweeps, pod, ATTACKS)
    grown = memory(sweeps) - before
    print(json.dumps(found), f"operator: {before / 2**20:.0f} MiB, {grown / 2**20:+.1f} MiB")
    # Cut off in the middle of some megabytes, or refused a connection: they are of one address.
    assert set(found["names"]) <= {"413", "cut off"}
    assert set(found["huge"]) <= {"413", "cut off"}
    for attack in ("too many names", "values", "deep", "no JSON", "text for a number"):
        assert set(found[attack]) <= {"400", "cut off"}, attack
    for attack in ("another trial", "another namespace"):
        assert set(found[attack]) <= {"403", "cut off"}, attack
    assert set(found["no token"]) <= {"401", "cut off"}
    assert set(found["random tokens"]) <= {"401", "429", "cut off"}
    assert sum(found["loris"].get(end, 0) for end in ("cut off", "refused")) == 100
    assert metric(sweeps, 'sweepjob_intake_connections_refused_total{limit="new_per_peer"}') > 0
    assert grown < 10 * 2**20


def test_a_flood_is_throttled_and_the_trial_continues(sweeps: Sweeps, pod: str) -> None:
    found = run_in(sweeps, pod, FLOOD)
    assert found["429"] > 0
    assert set(found) == {"200", "429"}
    time.sleep(3)
    assert push(sweeps, pod, reports(sweeps.namespace, "live-0", 2, 0.2)) == "200"
    assert push(sweeps, pod, reports(sweeps.namespace, "live-0", 3, "NaN")) == "200"


def token_of(sweeps: Sweeps, pod: str) -> str:
    script = "print(open('/var/run/secrets/sweepjob.dev/token').read())"
    python = ("-c", "sweepjob-sidecar", "--", "python3", "-c", script)
    return sweeps.kubectl("exec", pod, *python).strip()


def encoded(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed_again(sweeps: Sweeps, token: str, **changes: Any) -> str:
    """A token with other claims, signed with the cluster's own key."""
    assert sweeps.target.built_in is not None
    pem = (sweeps.target.built_in.pki / "service-account.key").read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    text = f"{head}.{encoded({**claims, **changes})}"
    if isinstance(key, rsa.RSAPrivateKey):
        return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def test_an_expired_token_is_refused(sweeps: Sweeps, pod: str) -> None:
    if sweeps.target.built_in is None:
        pytest.skip("needs the cluster's signing key")
    token = token_of(sweeps, pod)
    body = reports(sweeps.namespace, "live-0", 9, 1.0)
    now = int(time.time())
    fresh = signed_again(sweeps, token, iat=now - 60, nbf=now - 60)
    assert push(sweeps, pod, body, fresh) == "200"  # so it is the time alone that counts
    expired = signed_again(sweeps, token, iat=now - 7200, nbf=now - 7200, exp=now - 3600)
    assert push(sweeps, pod, body, expired).startswith("401")
    other = signed_again(sweeps, token, aud=["https://kubernetes.default.svc"])
    assert push(sweeps, pod, body, other).startswith("401")


def test_the_token_of_a_deleted_pod_is_refused(sweeps: Sweeps, pod: str) -> None:
    space = {"level": choice(0.1), "reports": choice(1), "pause": choice(600)}
    spec = sweeps.spec(space, limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1})
    spec["trial"]["resources"] = {}
    sweeps.apply("gone", spec)
    eventually(lambda: sweeps.trials("gone")[0]["status"]["curve"], 60, "it has reported")
    old = sweeps.running_pods("gone")[0]["metadata"]["name"]
    token = token_of(sweeps, old)
    sweeps.kubectl("delete", "pod", old)
    eventually(lambda: sweeps.trials("gone")[0]["status"]["attempt"] == 2, 60, "another attempt")
    answer = push(sweeps, pod, reports(sweeps.namespace, "gone-0", 2, 99.0), token)
    assert answer.split()[0] in ("401", "410", "503")
    best = sweeps.trials("gone")[0]["status"]["curve"]["best"]
    assert best == "0.101"


@pytest.mark.usefixtures("pod")
@pytest.mark.parametrize(
    "spec",
    [{"parameters": {"level": "9"}}, {"source": "me"}, {"source": None}, {"assignment": "{}"}],
)
def test_what_a_trial_runs_with_cannot_be_patched(sweeps: Sweeps, spec: dict[str, Any]) -> None:
    patch = ("patch", "sweeptrial", "live-0", "--type=merge", "-p", json.dumps({"spec": spec}))
    with pytest.raises(ClusterError, match="the parameters of a SweepTrial never change"):
        sweeps.kubectl(*patch)


def test_the_operator_has_no_permissions_on_secrets(sweeps: Sweeps) -> None:
    account = f"system:serviceaccount:{clusters.SYSTEM}:sweepjob"
    listed = sweeps.target.kubectl(
        "auth", "can-i", "--list", f"--as={account}", "-n", sweeps.namespace
    )
    assert "sweeptrials" in listed
    assert "secrets" not in listed
    assert "*.*" not in listed
