"""Harbor's API, as far as loading a bundle into it needs it."""
