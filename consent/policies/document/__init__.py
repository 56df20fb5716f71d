"""The policy document: one organisation's purposes, rules, notices and recipients. Pure, no Django.

`schema.json` is its form. `reading` and `writing` turn it from and into YAML; `validation` tells all that
is wrong with it at once; `sealing` gives the canonical bytes and the digest a version is published under.
"""
