"""What the protocol refuses (RFC 9497, 5.3 and 2.1), as exceptions of a library.

None carries a value in its text. Acts turn them into catalogue errors where they know what the bytes meant.
"""

from __future__ import annotations


class VoprfError(Exception):
    """Any refusal of this package."""


class VerifyError(VoprfError):
    """A proof does not show that the evaluation was made under the public key."""


class DeserializeError(VoprfError):
    """Bytes are not a canonical, non-identity element or a canonical, non-zero scalar."""


class InvalidInputError(VoprfError):
    """An input is too long, maps to the identity, or a batch is empty, too large or of unequal lengths."""


class InverseError(VoprfError):
    """A POPRF key and info add up to zero, which has no inverse: the key is known to whoever chose the info."""


class DeriveKeyPairError(VoprfError):
    """256 attempts gave no key pair."""
