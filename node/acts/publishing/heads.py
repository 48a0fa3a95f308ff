"""Where the lists of records to be published begin: derived in worker processes where there are many.

Deriving needs the evaluations and each index's secret alone, not what stands in the index.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from node.acts.runtime.long_work import list_all_heads
from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication
from node.exchange.posting import ListHeads, posting_context
from node.storage.sealed_records import Evaluations

Heads: TypeAlias = dict[int, dict[int, ListHeads]]
"""By number of the chain and version of the record."""

FEW = 128
"""Up to so many records are derived in this process."""

_AT_ONCE = 64
"""Records a worker takes at once."""


async def derive(node: Node, publications: Sequence[Publication], opened: Mapping[int, Evaluations]) -> Heads:
    """The heads of records in chains of one epoch. opened: their evaluations in it, by version."""
    values = [each.values for each in opened.values()]
    contexts = [posting_context(each.secret, each.state.scope) for each in publications]
    run = node.compute if len(values) <= FEW else node.workers.run
    parts = await asyncio.gather(
        *(run(list_all_heads, values[at : at + _AT_ONCE], contexts) for at in range(0, len(values), _AT_ONCE))
    )
    return {
        publication.chain_no: dict(zip(opened, (ListHeads(*one) for part in parts for one in part[place]), strict=True))
        for place, publication in enumerate(publications)
    }
