"""OpenDSR 2.0: controllers whose processor we are send us what people asked of them."""
