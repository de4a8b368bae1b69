"""Looking into a Harbor before anything is loaded into it."""
