"""What web sites include: the script `consent.js`, built from `source`, and the addresses it speaks to."""
