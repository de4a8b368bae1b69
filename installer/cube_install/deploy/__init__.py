"""Bringing a rendered stack onto a cluster, telling how it is there, and taking it away again."""
