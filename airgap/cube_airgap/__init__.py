"""Shared core of both commands: values, formats and transports; it knows neither of them."""
