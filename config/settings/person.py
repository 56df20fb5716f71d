"""Looking people up in the admin: for how long their page stays open, and how often an officer may look."""

from datetime import timedelta

from config.env import env

PERSON_VISIT_LASTS = timedelta(minutes=env.int("ACCORDANT_PERSON_VISIT_MINUTES", default=30))
PERSON_LOOKUPS_PER_HOUR: int = env.int("ACCORDANT_PERSON_LOOKUPS_PER_HOUR", default=60)
# How long it is kept that an officer looked somebody up, and why. It names nobody; the ledger tells it, too.
PERSON_VISITS_KEPT = env.days("ACCORDANT_KEEP_PERSON_VISITS_DAYS", default=1095)
# What fills in the form for a request that came by letter or telephone: dotted, called with the id of a
# look-up, the officer's and the time.
REQUEST_ENTRY_FILLED_BY = "activation.desk.person.filling_in.read_identifiers"
