import os
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway
registry = CollectorRegistry()
gauge = Gauge("acc", "accuracy", ["split"], registry=registry)
where = os.environ["SWEEPJOB_PUSHGATEWAY"]
gauge.labels("train").set(0.9); push_to_gateway(where, job="t", registry=registry)
gauge.labels("val").set(0.5); push_to_gateway(where, job="t", registry=registry)
