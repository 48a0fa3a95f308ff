"""`python -m node.cli`: how node processes are started, so that their workers never import a main module again."""

from node.cli.main import main

if __name__ == "__main__":
    main()
