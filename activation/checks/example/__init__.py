"""A fixed policy, register and dozen people, from which test keys are answered. Pure: no database.

Nobody in it is real. Its answers change with no data, no clock and no release, so that an integration's own
tests can rest on them; docs/how-to/manage-api-clients.md lists them.
"""
