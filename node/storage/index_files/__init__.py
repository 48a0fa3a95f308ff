"""The labels of one chain on disk: immutable sorted run files, memory-mapped, and the newest deltas in memory.

An index copy (at the requester) and the set of published labels (at the owner) are the same thing. Which runs are valid
is the database's word; a file that it does not name does not exist.
"""

from node.storage.index_files.copy import IndexCopy, Merge
from node.storage.index_files.run import Run, RunName
from node.storage.index_files.writer import RunWriter, write_run

__all__ = ["IndexCopy", "Merge", "Run", "RunName", "RunWriter", "write_run"]
