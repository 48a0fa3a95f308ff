"""Plaintext, probabilistic: splink (Fellegi-Sunter, fitted by expectation maximisation on the data it links)."""

from __future__ import annotations

import logging

import pandas as pd
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.quality.peers.febrl import FIELDS, NAME_FIELDS, Entry, Found, Linkage

_SEED = 1
_ADDRESS = ("address_1", "address_2", "suburb")
_EXACT = ("street_number", "state")


def find(linkage: Linkage, all_fields: bool) -> list[Found]:
    """All pairs that a blocking rule brings together, by match weight; its comparisons as splink recommends them."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    fields = FIELDS if all_fields else NAME_FIELDS
    database = DuckDBAPI()
    tables = [
        database.register(_table(linkage.queries, fields), dataset_display_name="queries"),
        database.register(_table(linkage.records, fields), dataset_display_name="records"),
    ]
    blocks = [
        block_on("date_of_birth"),
        block_on("given_name", "surname"),
        "l.given_name = r.surname and l.surname = r.given_name",
        block_on("substr(surname, 1, 3)", "substr(date_of_birth, 1, 4)"),
        block_on("substr(given_name, 1, 3)", "substr(date_of_birth, 1, 4)"),
        block_on("surname", "substr(date_of_birth, 5, 4)"),
        block_on("given_name", "substr(date_of_birth, 5, 4)"),
        block_on("surname", "substr(given_name, 1, 1)"),
        block_on("given_name", "substr(surname, 1, 1)"),
        *([block_on("soc_sec_id"), block_on("postcode", "surname"), block_on("address_1")] if all_fields else []),
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=_comparisons(all_fields),
        blocking_rules_to_generate_predictions=blocks,
        probability_two_random_records_match=1 / max(1, len(linkage.records)),
        retain_matching_columns=False,
    )
    linker = Linker(tables, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED)
    for rule in (block_on("date_of_birth"), block_on("given_name", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, fix_probability_two_random_records_match=True, record_sample_proportion=1.0
        )
    table = linker.inference.predict(threshold_match_weight=-10).as_pandas_dataframe()
    return [_found(*row) for row in table[["unique_id_l", "unique_id_r", "match_weight"]].itertuples(index=False)]


def _found(left: str, right: str, weight: float) -> Found:
    return Found(left, right, weight) if "-dup-" in left else Found(right, left, weight)


def _comparisons(all_fields: bool) -> list[object]:
    base = [
        compare.ForenameSurnameComparison("given_name", "surname"),
        compare.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
    ]
    if not all_fields:
        return base
    return [
        *base,
        compare.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        compare.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        *(compare.JaroWinklerAtThresholds(field, [0.9, 0.8]) for field in _ADDRESS),
        *(compare.ExactMatch(field) for field in _EXACT),
    ]


def _table(entries: list[Entry], fields: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"unique_id": each.id, **{field: each.values[field] or None for field in fields}} for each in entries]
    )
