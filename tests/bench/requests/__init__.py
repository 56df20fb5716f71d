"""Data subject requests at a large retailer's size."""
