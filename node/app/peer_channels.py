"""The channels to the other members, opened anew when this node's certificate was renewed."""

from __future__ import annotations

import asyncio

import grpc
import structlog

from certs.profiles import dns_name
from node.acts.node import Node
from node.app.certificates import CertificateFile
from node.model.roster import Member
from node.peers.channel import Identity, open_channel
from node.peers.client import PeerClient

_log = structlog.get_logger("channels")


class PeerChannels:
    """One client a member. Presents what the certificate file holds."""

    def __init__(self, node: Node, certificate: CertificateFile) -> None:
        self._node, self._certificate = node, certificate
        self._presented = certificate.identity()
        self.peers = {
            member.node_id: PeerClient(member.node_id, self._open(member, self._presented))
            for member in node.audiences()
        }

    def _open(self, member: Member, identity: Identity) -> grpc.aio.Channel:
        name = dns_name(self._node.alliance, member.node_id)
        return open_channel(member.endpoint, member.certificate_authority, name, identity)

    async def follow_certificate(self) -> None:
        """Move every client to a new channel if the certificate on disk has changed."""
        identity = self._certificate.identity()
        if identity == self._presented:
            return
        self._presented = identity
        members = {member.node_id: member for member in self._node.audiences()}
        moves = [peer.move_to(self._open(members[name], identity)) for name, peer in self.peers.items()]
        await asyncio.gather(*moves)
        _log.info("certificate renewed", channels=len(moves))

    async def close(self) -> None:
        """Close all channels."""
        await asyncio.gather(*(peer.close() for peer in self.peers.values()))
