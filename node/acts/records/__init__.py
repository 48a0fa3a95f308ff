"""Records at their owner: import, show, withdraw."""
