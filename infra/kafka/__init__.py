"""Events beyond this machine: the relay publishes them to Kafka, workers fill views from there.

The embedded edition needs none of it. Delivery is at least once; the workers keep the position of
the last event of each partition with the rows, so every event is taken in exactly once.
"""
