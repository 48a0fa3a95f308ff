"""What each kind of token brings and what it costs: writes docs/tokens.md and docs/fishing.svg.

python -m benchmarks.kinds [--size 100000]
"""
