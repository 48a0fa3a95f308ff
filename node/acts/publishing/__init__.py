"""The owner's side of an index: encode records, build chains and deltas, serve them."""
