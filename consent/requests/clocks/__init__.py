"""Deadlines of requests: pure rules over the dated law table, and how a request keeps its dates."""
