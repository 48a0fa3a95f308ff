"""Cryptography alone: the VOPRF, hashing, signing and sealing. It knows no record, no peer and no clock."""
