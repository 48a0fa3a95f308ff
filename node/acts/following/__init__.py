"""The requester's side of an index: follow an owner's chain into a copy on disk."""
