"""Assets: files that the platform fetches where there is internet, from request to bytes."""
