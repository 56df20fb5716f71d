"""Native row-access and masking policies for a warehouse, and the consent mapping that they look at."""
