"""The channels to the members this node deals with: opened, moved and closed as the roster says.

A channel presents this node's certificate, and is opened anew when that was renewed. It believes the one certificate
that the member presented, was checked and is not revoked: a member's CA alone opens nothing.
"""

from __future__ import annotations

import asyncio

import grpc
import structlog

from certs.profiles import dns_name
from node.acts.membership.standing import changed_for_calls
from node.acts.runtime.node import Node
from node.app.certificates import CertificateFile
from node.clock import SystemClock
from node.errors import Code, LancangError
from node.model.roster import Member
from node.peers.channel import Identity, open_channel
from node.peers.client import Opener, PeerClient
from node.peers.leaf import presented_leaf
from node.roster.membership import identify_peer

_log = structlog.get_logger("channels")


class PeerChannels:
    """One client a member. Presents what the certificate file holds. Its clients are node.peers."""

    def __init__(self, node: Node, certificate: CertificateFile) -> None:
        self._node, self._certificate = node, certificate
        self._presented = certificate.identity()
        self._members: dict[str, Member] = {}
        self.peers: dict[str, PeerClient] = {}
        node.peers = self.peers

    def _opener(self, member: Member, identity: Identity) -> Opener:
        """Opens a channel that believes the certificate which the member presents now, if the roster in force does."""
        node, name = self._node, dns_name(self._node.alliance, member.node_id)

        async def opened(seconds: float) -> grpc.aio.Channel:
            leaf = await presented_leaf(member.endpoint, member.certificate_authority, name, seconds)
            # Certificates are believed by the system's time, as TLS itself does.
            shown = identify_peer(node.roster, leaf, SystemClock().now_ms())
            if shown.name != member.node_id:
                raise LancangError(Code.PEER_CERTIFICATE, f"{member.node_id} presents the certificate of {shown.name}")
            return open_channel(member.endpoint, leaf, name, identity)

        return opened

    async def follow_roster(self) -> None:
        """Open what is missing; close at once, with every call on it, what leads to nobody any more."""
        wanted = {member.node_id: member for member in self._node.witnesses()}
        ended = []
        for name in self.peers.keys() - wanted.keys():
            ended.append(self.peers.pop(name).close())
            del self._members[name]
        for name, member in wanted.items():
            before = self._members.get(name)
            if before is not None and (changed_for_calls(before, member) or before.revoked != member.revoked):
                ended.append(self.peers[name].move_to(self._opener(member, self._presented), grace=0.0))
            elif before is None:
                self.peers[name] = PeerClient(name, self._opener(member, self._presented))
            self._members[name] = member
        await asyncio.gather(*ended)

    async def follow_certificate(self) -> None:
        """Move every client to a new channel if the certificate on disk has changed."""
        identity = self._certificate.identity()
        if identity == self._presented:
            return
        self._presented = identity
        moves = [peer.move_to(self._opener(self._members[name], identity)) for name, peer in self.peers.items()]
        await asyncio.gather(*moves)
        _log.info("certificate renewed", channels=len(moves))

    async def close(self) -> None:
        """Close all channels."""
        await asyncio.gather(*(peer.close() for peer in self.peers.values()))
