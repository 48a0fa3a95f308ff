"""Who is a member, under which keys, and whether it may be dealt with now."""
