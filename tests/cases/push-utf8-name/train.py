import os
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway
registry = CollectorRegistry()
gauge = Gauge("val.acc", "of validation", registry=registry)
for value in (0.25, 0.5, 0.75):
    gauge.set(value)
    push_to_gateway(os.environ["SWEEPJOB_PUSHGATEWAY"], job="training", registry=registry)
