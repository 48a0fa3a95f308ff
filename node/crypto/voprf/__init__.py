"""RFC 9497 over ristretto255-SHA512. The functions named here are the verifiable mode, which the protocol uses.

The other modes: node.crypto.voprf.oprf and node.crypto.voprf.poprf. README.md maps the RFC's sections to files.
"""

from node.crypto.voprf.dleq import Proof
from node.crypto.voprf.errors import (
    DeriveKeyPairError,
    DeserializeError,
    InvalidInputError,
    InverseError,
    VerifyError,
    VoprfError,
)
from node.crypto.voprf.group import (
    deserialize_element,
    deserialize_scalar,
    hash_to_group,
    invert_all,
    random_scalar,
    reduce_scalar,
)
from node.crypto.voprf.keys import KeyPair, derive_key_pair, random_key_pair
from node.crypto.voprf.oprf import BlindResult, blind_with
from node.crypto.voprf.suite import ELEMENT_BYTES, OUTPUT_BYTES, PROOF_BYTES, SCALAR_BYTES, Mode
from node.crypto.voprf.voprf import (
    blind,
    blind_evaluate_batch,
    evaluate,
    finalize_batch,
    unblind_batch,
    unblind_inverted,
    verify_batch,
)

__all__ = [
    "ELEMENT_BYTES",
    "OUTPUT_BYTES",
    "PROOF_BYTES",
    "SCALAR_BYTES",
    "BlindResult",
    "DeriveKeyPairError",
    "DeserializeError",
    "InvalidInputError",
    "InverseError",
    "KeyPair",
    "Mode",
    "Proof",
    "VerifyError",
    "VoprfError",
    "blind",
    "blind_evaluate_batch",
    "blind_with",
    "derive_key_pair",
    "deserialize_element",
    "deserialize_scalar",
    "evaluate",
    "finalize_batch",
    "hash_to_group",
    "invert_all",
    "random_key_pair",
    "random_scalar",
    "reduce_scalar",
    "unblind_batch",
    "unblind_inverted",
    "verify_batch",
]
