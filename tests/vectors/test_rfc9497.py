"""Every published ristretto255-SHA512 vector of RFC 9497, in all three modes. Provenance: README.md beside."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from node.crypto.voprf import KeyPair, Mode, derive_key_pair, oprf, poprf, voprf
from node.crypto.voprf.suite import SUITES

_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "rfc9497-vectors.json"
VECTORS = Path(os.environ.get("LANCANG_RFC9497_VECTORS") or _BESIDE)
LEFT_OUT = "the vectors of RFC 9497 were left out: no shared/vectors/ beside the clone, no LANCANG_RFC9497_VECTORS"
IDENTIFIER = "ristretto255-SHA512"


def _suites() -> dict[Mode, dict[str, Any]]:
    if not VECTORS.is_file():
        return {}
    document = json.loads(VECTORS.read_text(encoding="utf-8"))
    return {Mode(suite["mode"]): suite for suite in document["suites"] if suite["identifier"] == IDENTIFIER}


SUITES_OF_RFC = _suites()
CASES = [(mode, index) for mode, suite in SUITES_OF_RFC.items() for index in range(len(suite["vectors"]))]

needs_vectors = pytest.mark.skipif(not VECTORS.is_file(), reason=LEFT_OUT)


def _octets(text: str | None) -> bytes:
    return bytes.fromhex(text or "")


def _all_octets(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def _key(suite: dict[str, Any]) -> KeyPair:
    return derive_key_pair(_octets(suite["seed"]), _octets(suite["keyInfo"]), Mode(suite["mode"]))


@needs_vectors
def test_the_file_holds_all_three_modes() -> None:
    assert {mode: len(suite["vectors"]) for mode, suite in SUITES_OF_RFC.items()} == {
        Mode.OPRF: 2,
        Mode.VOPRF: 3,
        Mode.POPRF: 3,
    }


@needs_vectors
@pytest.mark.parametrize("mode", list(Mode))
def test_keys_and_domain_separation(mode: Mode) -> None:
    suite = SUITES_OF_RFC[mode]
    key = _key(suite)
    assert key.secret == _octets(suite["skSm"])
    if mode is not Mode.OPRF:  # the RFC publishes no key in the base mode
        assert key.public == _octets(suite["pkSm"])
    assert SUITES[mode].hash_to_group == _octets(suite["groupDST"])
    assert SUITES[mode].context == _octets(suite["contextString"])


@needs_vectors
@pytest.mark.parametrize(("mode", "index"), CASES)
def test_protocol(mode: Mode, index: int) -> None:
    suite = SUITES_OF_RFC[mode]
    vector = suite["vectors"][index]
    key = _key(suite)
    inputs, blinds, outputs = (_all_octets(vector[name]) for name in ("input", "blind", "output"))
    published, info = _all_octets(vector["blindedElement"]), _octets(vector.get("info"))

    blinded = [oprf.blind_with(x, scalar, mode) for x, scalar in zip(inputs, blinds, strict=True)]
    assert blinded == published

    match mode:
        case Mode.OPRF:
            evaluated = [oprf.blind_evaluate(key.secret, element) for element in blinded]
            finalized = [oprf.finalize(x, r, e) for x, r, e in zip(inputs, blinds, evaluated, strict=True)]
            direct = [oprf.evaluate(key.secret, x) for x in inputs]
        case Mode.VOPRF:
            nonce = _octets(vector["proofRandomScalar"])
            evaluated, proof = voprf.blind_evaluate_batch(key, blinded, nonce)
            assert proof == _octets(vector["proof"])
            finalized = voprf.finalize_batch(inputs, blinds, evaluated, blinded, proof, key.public)
            direct = [voprf.evaluate(key, x) for x in inputs]
        case Mode.POPRF:
            nonce = _octets(vector["proofRandomScalar"])
            evaluated, proof = poprf.blind_evaluate_batch(key, blinded, info, nonce)
            assert proof == _octets(vector["proof"])
            finalized = poprf.finalize_batch(inputs, blinds, evaluated, blinded, proof, key.public, info)
            direct = [poprf.evaluate(key, x, info) for x in inputs]

    assert evaluated == _all_octets(vector["evaluationElement"])
    assert finalized == outputs
    assert direct == outputs
