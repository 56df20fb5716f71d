"""The words policies are written in: fideslang's data uses, categories and subjects, DPV's purposes, and an
organisation's own terms. Pure, no Django.

`vocabulary` tells which keys are known, `fides_reading` and `fides_writing` turn terms from and into a
manifest of Fides, and `skeleton` begins a policy from what a manifest says of systems.
"""
