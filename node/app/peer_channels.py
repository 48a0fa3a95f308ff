"""The channels to the members this node deals with: opened, moved and closed as the roster says.

A channel presents this node's certificate, and is opened anew when that was renewed.
"""

from __future__ import annotations

import asyncio

import grpc
import structlog

from certs.profiles import dns_name
from node.acts.membership.standing import changed_for_calls
from node.acts.runtime.node import Node
from node.app.certificates import CertificateFile
from node.model.roster import Member
from node.peers.channel import Identity, open_channel
from node.peers.client import PeerClient

_log = structlog.get_logger("channels")


class PeerChannels:
    """One client a member. Presents what the certificate file holds. Its clients are node.peers."""

    def __init__(self, node: Node, certificate: CertificateFile) -> None:
        self._node, self._certificate = node, certificate
        self._presented = certificate.identity()
        self._members: dict[str, Member] = {}
        self.peers: dict[str, PeerClient] = {}
        node.peers = self.peers

    def _open(self, member: Member, identity: Identity) -> grpc.aio.Channel:
        name = dns_name(self._node.alliance, member.node_id)
        return open_channel(member.endpoint, member.certificate_authority, name, identity)

    async def follow_roster(self) -> None:
        """Open what is missing; close at once, with every call on it, what leads to nobody any more."""
        wanted = {member.node_id: member for member in self._node.witnesses()}
        ended = []
        for name in self.peers.keys() - wanted.keys():
            ended.append(self.peers.pop(name).close())
            del self._members[name]
        for name, member in wanted.items():
            before = self._members.get(name)
            if before is not None and changed_for_calls(before, member):
                ended.append(self.peers[name].move_to(self._open(member, self._presented), grace=0.0))
            elif before is None:
                self.peers[name] = PeerClient(name, self._open(member, self._presented))
            self._members[name] = member
        await asyncio.gather(*ended)

    async def follow_certificate(self) -> None:
        """Move every client to a new channel if the certificate on disk has changed."""
        identity = self._certificate.identity()
        if identity == self._presented:
            return
        self._presented = identity
        moves = [peer.move_to(self._open(self._members[name], identity)) for name, peer in self.peers.items()]
        await asyncio.gather(*moves)
        _log.info("certificate renewed", channels=len(moves))

    async def close(self) -> None:
        """Close all channels."""
        await asyncio.gather(*(peer.close() for peer in self.peers.values()))
