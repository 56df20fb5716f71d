"""The pages of the preference centre: who tells of recipients, and the language of the policy."""

from config.env import env

# Rooms below do not know who received data: a function `(refs, *, at)` of the floor above, dotted.
RECIPIENTS_OF_PEOPLE = "activation.enforcement.recipients.people.list_received"
# The language of the policy's titles and descriptions, as BCP 47 writes it: pages in another one mark them.
POLICY_LANGUAGE: str = env("ACCORDANT_POLICY_LANGUAGE", default="en")
