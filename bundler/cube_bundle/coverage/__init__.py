"""Coverage: whether a bundle has all that is asked for, or a reason for what it lacks."""
