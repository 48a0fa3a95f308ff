"""How a federation's PKI is made: profiles, authority, issuing, reading. Never a private key; nothing of node."""
