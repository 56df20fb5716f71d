"""Tracing one person through runs and destinations, and finding whose data a breach reached."""
