"""The event store: how events are written down, kept durably and committed together."""
