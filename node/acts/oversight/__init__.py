"""What officers and administrators see of a running node."""
