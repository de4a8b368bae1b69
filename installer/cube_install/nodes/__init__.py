"""Nodes made able to pull from the site's registry, by their own and by the images' own names."""
