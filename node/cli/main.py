"""Entry point of the `lancang` command."""


def main() -> None:
    """Run the command line."""
