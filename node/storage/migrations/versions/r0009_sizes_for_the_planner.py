"""What SQLite's planner is to expect of the table of tags: few chains, each with very many tags.

Without it, it takes a chain for some ten rows and reads all its tags to find one record's; reading one record cost as
much as the chain is long, and linking a chain to the next epoch the square of that. What ANALYZE would count depends on
when it is run, so the figures are given (https://sqlite.org/lang_analyze.html#manual_control_of_query_plans_using_sqlite_stat_tables).
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give the figures: rows in all, rows a chain, rows a chain and tag, or a chain and record."""
    if op.get_bind().dialect.name != "sqlite":
        return
    # It makes the table of figures where there is none.
    op.execute("ANALYZE counter")
    op.execute("DELETE FROM sqlite_stat1")
    op.execute(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES "
        "('tag', 'tag', '1000000 100000 1'), ('tag', 'sqlite_autoindex_tag_2', '1000000 100000 1 1')"
    )
    op.execute("ANALYZE sqlite_schema")
