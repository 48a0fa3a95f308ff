"""Members that lie about their logs to a real node: it vouches only for what grows, and remembers a lie."""

from __future__ import annotations

import json

import pytest

from node.audit import tree
from node.audit.checkpoints import sign_checkpoint, verify_cosignature
from node.audit.kinds import CODES, ActKind
from node.audit.leaf import Leaf
from node.audit.shared import FOR_ALL, TO_PEER
from node.crypto.signing import SigningKey
from node.model.checkpoint import Checkpoint
from node.v1 import audit_pb2, operator_alarms_pb2
from node.v1.operator_alarms_pb2_grpc import OperatorAlarmsServiceStub
from node.wire.audit import cosign_to_message, cosignature_from_message
from tests.support.hostile_calls import Caller, RefusedError, refusal_of
from tests.support.hostile_target import TARGET, Target

COSIGN = "/node.v1.AuditService/Cosign"
CHECKPOINTS = "/node.v1.AuditService/GetCheckpoints"
CONSISTENCY = "/node.v1.AuditService/GetConsistency"
SHARED = "/node.v1.AuditService/ListShared"
MS = 1_700_000_000_000


class PaperLog:
    """The log of a member on paper: leaves that say nothing."""

    def __init__(self, owner: str, key: SigningKey, mark: bytes = b"") -> None:
        self.owner, self.key = owner, key
        self.kept: dict[tuple[int, int], bytes] = {}
        front = tree.Frontier()
        for number in range(40):
            # Two histories part after ten leaves.
            hash_ = tree.leaf_hash(b"%d" % number + (mark if number >= 10 else b""))
            self.kept[0, number] = hash_
            self.kept |= {(each.level, each.index): each.hash for each in front.append(hash_)}

    def request(self, size: int, first: int = 0, *, ms: int = 0, alliance: str = "mekong") -> bytes:
        """A checkpoint of so many leaves, signed, with the proof from another size."""

        def nodes(level: int, index: int) -> bytes:
            return self.kept[level, index]

        said = Checkpoint(alliance, self.owner, 1, size, ms or MS + size, tree.root(nodes, size))
        proof = tree.consistency(nodes, first, size) if 0 < first < size else []
        message = cosign_to_message(sign_checkpoint(said, self.key), first, proof, None)
        return message.SerializeToString()


def paper_log(target: Target, owner: str, mark: bytes = b"") -> PaperLog:
    return PaperLog(owner, target.papers[owner].signing, mark)


def vouched(caller: Caller, request: bytes) -> audit_pb2.CosignResponse:
    return audit_pb2.CosignResponse.FromString(caller.unary(COSIGN, request))


def alarms(target: Target, peer: str) -> list[str]:
    with target.running.officer_channel(TARGET, "auditor") as channel:
        request = operator_alarms_pb2.ListAlarmsRequest()
        listed = OperatorAlarmsServiceStub(channel).ListAlarms(request, timeout=10.0).alarms
    return [alarm.kind for alarm in listed if alarm.peer == peer]


def test_a_log_that_grows_is_vouched_for_under_the_targets_own_key(target: Target) -> None:
    log = paper_log(target, "la")
    with target.member("la") as caller:
        for size, first in ((4, 0), (9, 4), (9, 9), (33, 9)):
            response = vouched(caller, log.request(size, first))
        given = cosignature_from_message(response.cosignature)
    said = Checkpoint("mekong", "la", 1, 33, MS + 33, tree.root(lambda level, index: log.kept[level, index], 33))
    verify_cosignature(said, given, target.signing_key())
    # Whoever asks is shown what is known of each log.
    with target.member("mm") as caller:
        told = audit_pb2.GetCheckpointsResponse.FromString(caller.unary(CHECKPOINTS, b""))
    assert said.encode() in [each.checkpoint for each in told.checkpoints]


def test_an_observer_is_a_witness_and_has_its_log_witnessed(target: Target) -> None:
    with target.member("unodc") as caller:
        assert vouched(caller, paper_log(target, "unodc").request(3)).cosignature.witness == TARGET
        assert audit_pb2.GetCheckpointsResponse.FromString(caller.unary(CHECKPOINTS, b"")).checkpoints


def test_a_checkpoint_that_shrinks_is_refused_by_name_logged_and_an_alarm(target: Target) -> None:
    log = paper_log(target, "mm")
    with target.member("mm") as caller:
        vouched(caller, log.request(30))
        refused = refusal_of(caller, COSIGN, log.request(20, ms=MS + 1_000))
        again = refusal_of(caller, COSIGN, log.request(20, ms=MS + 1_001))
    assert (refused.code, again.code) == ("LCG-420", "LCG-420")
    (act,) = target.acts("log-refused", "mm")
    detail = json.loads(act.detail)
    assert (detail["code"], detail["size"], detail["told_size"]) == ("LCG-420", 30, 20)
    assert alarms(target, "mm") == ["log-with-two-histories"]


def test_a_log_with_two_histories_is_found_out_by_whom_it_shows_both(target: Target) -> None:
    with target.member("cn") as caller:
        vouched(caller, paper_log(target, "cn").request(20))
        forked = paper_log(target, "cn", b" changed")
        assert refusal_of(caller, COSIGN, forked.request(25, 20)).code == "LCG-420"
        assert refusal_of(caller, COSIGN, forked.request(20)).code == "LCG-420"
        # What was vouched for stays so, and goes on.
        vouched(caller, paper_log(target, "cn").request(21, 20))
    assert alarms(target, "cn") == ["log-with-two-histories"]


def test_nobody_speaks_for_anothers_log(target: Target) -> None:
    la, cn = paper_log(target, "la"), paper_log(target, "cn")
    with target.member("cn") as caller:
        assert refusal_of(caller, COSIGN, la.request(40)).code == "LCG-412"
        assert refusal_of(caller, COSIGN, PaperLog("cn", la.key).request(40, 20)).code == "LCG-405"
        assert refusal_of(caller, COSIGN, cn.request(40, 20, alliance="danube")).code == "LCG-412"


@pytest.mark.parametrize(
    "request_",
    [
        audit_pb2.CosignRequest(),
        audit_pb2.CosignRequest(
            checkpoint=audit_pb2.Checkpoint(checkpoint=b"lancang/1/checkpoint", signature=b"s" * 64)
        ),
        audit_pb2.CosignRequest(checkpoint=audit_pb2.Checkpoint(checkpoint=b"x" * 30_000, signature=b"s" * 64)),
    ],
    ids=["empty", "cut", "long"],
)
def test_what_is_no_checkpoint_is_refused(target: Target, request_: audit_pb2.CosignRequest) -> None:
    with target.member("la") as caller:
        assert refusal_of(caller, COSIGN, request_.SerializeToString()).code == "LCG-412"


def test_a_proof_that_no_tree_has_is_refused(target: Target) -> None:
    log = paper_log(target, "la")
    with target.member("la") as caller:
        message = audit_pb2.CosignRequest.FromString(log.request(40, 9))
        for proof in (bytes(31), bytes(32 * 100)):
            message.proof = proof
            assert refusal_of(caller, COSIGN, message.SerializeToString()).code == "LCG-412"


def test_what_a_node_does_about_a_peer_by_itself_is_not_shown_to_it() -> None:
    own = {ActKind.ALARM_RAISED, ActKind.ALARM_ACKNOWLEDGED, ActKind.RECORD_SHOWN, ActKind.DISCLOSURE_SHOWN}
    own |= {ActKind.DISCLOSURE_DECIDED, ActKind.DISCLOSURE_EVENT, ActKind.DISCLOSURE_READ, ActKind.ASKS_DRAWN}
    assert not own & (TO_PEER | FOR_ALL)


def test_a_caller_sees_of_the_log_only_what_concerns_it(target: Target) -> None:
    with target.running.officer_channel(TARGET, "auditor") as channel:
        from node.v1.operator_audit_pb2 import MakeCheckpointRequest
        from node.v1.operator_audit_pb2_grpc import OperatorAuditServiceStub

        OperatorAuditServiceStub(channel).MakeCheckpoint(MakeCheckpointRequest(), timeout=60.0)
    with target.member("mm") as caller:
        page = audit_pb2.ListSharedResponse.FromString(caller.unary(SHARED, b""))
        size = Checkpoint.decode(page.checkpoint.checkpoint).size
        assert page.acts
        assert all(b"\x00\x02cn" not in act.leaf and b"\x00\x02la" not in act.leaf for act in page.acts)
        shown = {CODES[kind] for kind in TO_PEER | FOR_ALL}
        assert {Leaf.decode(act.leaf).act for act in page.acts} <= shown
        for first, last in ((0, 5), (5, 4), (1, size + 10_000)):
            asked = audit_pb2.GetConsistencyRequest(first=first, size=last).SerializeToString()
            with pytest.raises(RefusedError) as refused:
                caller.unary(CONSISTENCY, asked)
            assert refused.value.refusal.code == "LCG-101"
        asked = audit_pb2.ListSharedRequest(size=size + 10_000).SerializeToString()
        assert refusal_of(caller, SHARED, asked).code == "LCG-101"
