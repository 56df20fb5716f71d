"""How much web sites may send through the embed."""

from config.env import env

# Calls an hour that record or ask, of one network and of one site. Whoever is over it is told to try later,
# and the script does: nothing that was said is lost.
EMBED_BY_NETWORK: int = env.int("ACCORDANT_EMBED_HOURLY_BY_NETWORK", default=1_200)
EMBED_BY_SITE: int = env.int("ACCORDANT_EMBED_HOURLY_BY_SITE", default=200_000)
