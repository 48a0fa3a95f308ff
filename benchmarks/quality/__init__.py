"""How well people are found, beside other methods on the same data in the same run: `make quality`."""
