"""Searches on both sides: ask and match at the requester, charge and evaluate at the owner."""
