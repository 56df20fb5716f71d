"""Manifests of enforcement runs, the evidence beside them, and who was in what left."""
