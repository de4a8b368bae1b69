"""Harbor itself, brought up on a host with Docker from its offline installer."""
