"""Faults: every process and server is killed, stopped, slowed or misled while people go on working.

`Country` runs what a country runs, each as a process of its own that is started again when it dies:
PostgreSQL, Kafka, API, relays, workers. `Load` are its people, who send a scan until it is
acknowledged. `check` then looks at the store, at Kafka and at the views. `tests/faults/test_*.py`
do every fault once or twice; `python -m tests.faults` does as many as one likes.
"""
