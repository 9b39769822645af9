import os
from prometheus_client import CollectorRegistry, Gauge, Counter, Histogram, delete_from_gateway, pushadd_to_gateway
registry = CollectorRegistry()
gauge = Gauge("acc", "of validation\nsecond line", ["split", "stage"], registry=registry)
steps = Counter("steps", "made", registry=registry)
hist = Histogram("latency", "of a step", registry=registry)
where = os.environ["SWEEPJOB_PUSHGATEWAY"]
for value in (0.25, float("nan"), float("inf"), 0.75):
    gauge.labels("val", "fine tune").set(value)
    gauge.labels("train", 'a "b" {c} \\ }').set(1)
    steps.inc(); hist.observe(0.1)
    pushadd_to_gateway(f"http://{where}", job="a/b c", registry=registry, grouping_key={"instance": "x/y", "empty": ""})
delete_from_gateway(where, job="a/b c")
