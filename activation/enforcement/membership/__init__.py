"""Which destinations hold whom, and by which identifiers: so that a no can be taken to each of them."""
