"""What can be done with several requests at once: nothing that ends, hands out or erases anything."""
