"""The matcher: people, names, tokens, scores."""
