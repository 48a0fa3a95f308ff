"""The other methods, run with the Python of .venv-peers. Plain JSON lines are all that passes between them and us."""
