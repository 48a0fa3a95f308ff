"""After a hit: the request at its requester, the owner's desk, the reply and what becomes of it (protocol.md 8, 9)."""
