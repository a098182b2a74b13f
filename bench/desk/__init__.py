"""What the measurements of the orders desk share: its data, its web server, and the load."""
