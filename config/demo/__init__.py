"""The demo: a retailer with real purchases and generated people, taken through the main job."""
