"""This node's own epochs: open, rotate, link, end."""
