"""What an operator types: one noun a file. All but `node init`, `network` and offline checks ask a running node."""
