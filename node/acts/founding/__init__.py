"""How a member, and for demos a whole federation, comes to be."""
