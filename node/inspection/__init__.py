"""What an inspector uses: from a draw of asks and their openings, whether each asked about one person (protocol.md 10).

It stands beside the node, not in it: it reads the files by itself and shares nothing with the node but the matcher,
which says what the tokens of a person are, and the curve. So a fault of the node cannot hide itself here.
"""
