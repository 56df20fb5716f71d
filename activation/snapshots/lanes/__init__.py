"""Decisions from compact states, as fast as a look-up. Pure; the engine is the only judge.

A question has a *lane*: it asks the engine once about each shape and each way its times can lie, and
remembers the outcome. What could change an answer by time alone (a grant's end, a birthday, a fact that runs
out) is watched: each watch is one comparison of a time in the state with the time of asking.
"""
