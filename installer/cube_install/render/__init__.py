"""Rendering: from a bundle's stack and a site's wishes to the objects that are applied."""
