"""An exclusion as it comes from the other end: kept by the request it names, so that the pair is known here too."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.disclosing.kept_apart import marks_of_line, pair_marks, record_marks
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.disclosure import read_request
from node.exchange.documents import malformed, read_document, verify_document
from node.exchange.exclusion import EXCLUSION, read_exclusion
from node.model.courier import Letter
from node.model.exclusion import Exclusion, ExclusionSide, ExclusionWord
from node.storage import exclusions, requests_in, requests_out, searches
from node.storage.requests_in import RequestIn
from node.storage.requests_out import RequestOut


def take_exclusion(connection: Connection, node: Node, letter: Letter) -> None:
    """Keep the other end's exclusion, or take back one of its own. Raises, back to it: SIGNATURE_WRONG,
    MESSAGE_MALFORMED, REQUEST_UNKNOWN, EXCLUSION_UNKNOWN.
    """
    word = _verified(node, letter)
    if word.removed:
        _removed(connection, node, word)
        return
    if exclusions.find(connection, node.sealer, word.exclusion_id) is not None:
        raise malformed("an exclusion of this id was made before")
    out = _out(connection, node, word)
    if out is not None:
        _of_own_subject(connection, node, word, out)
    else:
        _of_own_record(connection, node, word)
    _record(connection, node, ActKind.EXCLUSION_MADE, word)


def _verified(node: Node, letter: Letter) -> ExclusionWord:
    member = node.roster.roster.member(letter.sender)
    if member is None:
        raise LancangError(Code.PEER_UNKNOWN)
    document = read_document(letter.body)
    word = read_exclusion(document)
    verify_document(EXCLUSION, document, member.signing_key)
    if (word.alliance, word.sender, word.recipient) != (node.alliance, letter.sender, node.node_id):
        raise malformed("the exclusion is another member's, or for another one")
    if word.exclusion_id != letter.conversation:
        raise malformed("an exclusion is a conversation of its own")
    return word


def _removed(connection: Connection, node: Node, word: ExclusionWord) -> None:
    found = exclusions.find(connection, node.sealer, word.exclusion_id)
    if found is None or found.peer != word.sender or found.made_here:
        raise LancangError(Code.EXCLUSION_UNKNOWN)
    exclusions.remove(connection, node.sealer, found, node.clock.now_ms())
    _record(connection, node, ActKind.EXCLUSION_REMOVED, word)


def _out(connection: Connection, node: Node, word: ExclusionWord) -> RequestOut | None:
    """The own request that is meant, None if it is none of this node's to that owner."""
    request_id = requests_out.by_digest(connection, word.request)
    found = None if request_id is None else requests_out.get(connection, node.sealer, request_id)
    return found if found is not None and found.owner == word.sender else None


def _of_own_subject(connection: Connection, node: Node, word: ExclusionWord, out: RequestOut) -> None:
    """At the requester: the subject of the search, or what the request told of it; the record by the tag it named."""
    hit = searches.get_hit(connection, node.sealer, out.hit_id)
    search = None if hit is None else searches.get(connection, node.sealer, hit.search_id)
    said = None if out.document is None else read_request(read_document(out.document))
    marks = set() if said is None else marks_of_line(node, said.told)
    if search is not None:
        marks |= marks_of_line(node, search.subject)
    exclusions.add(connection, node.sealer, _kept(node, word, ExclusionSide.REQUESTER, b""), marks)
    named = None if said is None else (said.proof.epoch, said.proof.tag)
    if named is None and hit is not None:
        named = (hit.epoch, hit.tag)
    for mark, epoch in [] if named is None else record_marks(connection, node, out.owner, *named):
        exclusions.add_tag(connection, word.exclusion_id, mark, out.owner, epoch)


def _of_own_record(connection: Connection, node: Node, word: ExclusionWord) -> None:
    """At the owner: the record that the request was about, its case and what was told."""
    asked: RequestIn = requests_in.get(connection, node.sealer, requests_in.by_digest(connection, word.request))
    if asked.requester != word.sender or asked.received is None:
        raise LancangError(Code.REQUEST_UNKNOWN)
    said = read_request(read_document(asked.received.document))
    kept = _kept(node, word, ExclusionSide.OWNER, asked.received.row)
    exclusions.add(connection, node.sealer, kept, pair_marks(node, said))


def _kept(node: Node, word: ExclusionWord, side: ExclusionSide, row: bytes) -> Exclusion:
    return Exclusion(
        exclusion_id=word.exclusion_id,
        side=side,
        peer=word.sender,
        officer="",
        ground=word.ground,
        made_ms=node.clock.now_ms(),
        removed_ms=0,
        row=row,
        request=word.request,
        reason="",
    )


def _record(connection: Connection, node: Node, kind: ActKind, word: ExclusionWord) -> None:
    detail: Detail = {"exclusion": word.exclusion_id.hex(), "ground": word.ground.value}
    record_act(connection, kind, word.sender, word.sender, node.clock.now_ms(), detail)
