"""Processors that take requests by OpenDSR 2.0, and sign what they answer."""
