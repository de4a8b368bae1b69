"""A checkout of the platform as a stack: its manifests by a recipe, with our corrections."""
