"""Recipients that stand in for those of third parties, as far as the public documents describe them."""
