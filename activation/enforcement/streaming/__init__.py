"""Streams: a Kafka topic whose events are decided one by one, and leave to one of two others."""
