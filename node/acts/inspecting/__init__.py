"""What an inspector asks of both ends (protocol.md 10)."""
