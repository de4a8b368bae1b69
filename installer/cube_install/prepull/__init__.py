"""Images pulled onto nodes before anybody waits for them."""
