"""Who takes which letters at this node: each kind's handler, and who is told at the sender that one was refused."""

from __future__ import annotations

from node.acts.correcting.ask_onward import onward_rejected, take_onward_answer
from node.acts.correcting.onward_desk import take_onward
from node.acts.correcting.take_correction import take_correction
from node.acts.correcting.take_exclusion import take_exclusion
from node.acts.disclosing.answers import (
    request_rejected,
    take_confirmation,
    take_refusal,
    take_reply,
    take_taken,
)
from node.acts.disclosing.deadlines import take_escalation
from node.acts.disclosing.receive import take_read, take_request, take_withdrawal
from node.acts.runtime.courier import Courier, Handler, OnRefused
from node.model.courier import Kind


def courier() -> Courier:
    """The registries, filled."""
    handlers: dict[Kind, Handler] = {
        Kind.DISCLOSURE_REQUEST: take_request,
        Kind.DISCLOSURE_TAKEN: take_taken,
        Kind.DISCLOSURE_WITHDRAWAL: take_withdrawal,
        Kind.DISCLOSURE_CONFIRMATION: take_confirmation,
        Kind.DISCLOSURE_ESCALATION: take_escalation,
        Kind.DISCLOSURE_REFUSAL: take_refusal,
        Kind.DISCLOSURE_REPLY: take_reply,
        Kind.DISCLOSURE_READ: take_read,
        Kind.CORRECTION: take_correction,
        Kind.EXCLUSION: take_exclusion,
        Kind.ONWARD_REQUEST: take_onward,
        Kind.ONWARD_ANSWER: take_onward_answer,
    }
    on_refused: dict[Kind, OnRefused] = {
        Kind.DISCLOSURE_REQUEST: request_rejected,
        Kind.ONWARD_REQUEST: onward_rejected,
    }
    return Courier(handlers, on_refused)
