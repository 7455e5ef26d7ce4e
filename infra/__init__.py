"""Event store, vault, Kafka, settings, and the one place that wires everything."""
