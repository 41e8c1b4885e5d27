/* VXLAN (RFC 7348): the fdb of the tunnel, outer headers with their checksums, and the way back. */
#ifndef VXLAN_H
#define VXLAN_H
#include "host.h"

#define VNI 4097
#define VXLAN_PORT 4789
#define OUTER 50 /* Ethernet, IP, UDP, VXLAN */

static struct fdb tunnel; /* inner MAC -> index of the remote */
static uint32_t remotes[4];
static uint32_t tunnel_local;
static uint32_t vnis[64]; /* receiving tunnels of the one open port, by VNI */
static uint32_t ip_id = 1;

/* A port of the ephemeral range that depends on the inner flow only (udp_flow_src_port). */
static inline uint16_t source_port(const uint8_t *p)
{
	uint64_t h = (uint64_t)load32(p + 26) << 32 | load32(p + 30);
	h = (h ^ p[23]) * 0x9e3779b97f4a7c15ull;
	h = (h ^ load32(p + 34)) * 0xc2b2ae3d27d4eb4full;
	return (uint16_t)(32768 + (((h >> 32) * 28232) >> 32));
}
/* Outer headers in front of the frame, and out of the device that leads to the remote. 0: dropped. */
static inline int vxlan_send(struct host *h, uint32_t f)
{
	uint8_t *inner = bytes(f);
	uint32_t len = frames[f].len;
	tx(&h->dev[VX0], f);
	struct fdb_entry *e = fdb_find(&tunnel, mac_at(inner));
	if (e == NULL) { drop(f); return 0; }
	uint32_t remote = remotes[e->value];
	struct route *r = route_find(h->routes, h->route_count, remote);
	if (r == NULL || r->type != UNICAST || len + OUTER - 14 > r->mtu || len < 34) { drop(f); return 0; }
	uint16_t sport = source_port(inner);
	uint32_t tos = inner[15] & 3;
	uint64_t payload = sum(inner, len);
	uint8_t *ip = inner - 36, *udp = inner - 16, *vx = inner - 8;
	frames[f].off -= OUTER;
	frames[f].len += OUTER;
	ip_id = ip_id * 1664525 + 1013904223;
	uint32_t first = 0x45 | (tos == 3 ? 2 : tos) << 8 | (uint32_t)be16((uint16_t)(len + 36)) << 16;
	uint32_t ports = be16(sport) | (uint32_t)be16(VXLAN_PORT) << 16;
	uint16_t datagram = be16((uint16_t)(len + 16));
	uint64_t addresses = (uint64_t)tunnel_local + remote;
	uint64_t ip_words = (uint64_t)first + (ip_id >> 16) + be16(0x4011) + addresses;
	uint64_t udp_words = (uint64_t)ports + datagram + be32(0x08000000) + be32(VNI << 8) + payload + addresses + be16(17) + datagram;
	uint16_t check = (uint16_t)~fold(udp_words);
	store32(ip, first);
	store32(ip + 4, ip_id >> 16);
	store16(ip + 8, be16(0x4011));
	store16(ip + 10, (uint16_t)~fold(ip_words));
	store32(ip + 12, tunnel_local);
	store32(ip + 16, remote);
	store32(udp, ports);
	store16(udp + 4, datagram);
	store16(udp + 6, check == 0 ? 0xffff : check);
	store32(vx, be32(0x08000000));
	store32(vx + 4, be32(VNI << 8));
	frames[f].l4sum = VALID;
	return neigh_output(h, r->dev, r->gateway != 0 ? r->gateway : remote, f);
}
/* An IP packet has arrived at the host: is it for a tunnel here? Then the outer headers go. 0: dropped. */
static inline int vxlan_receive(struct host *h, uint32_t f)
{
	uint8_t *p = bytes(f), *ip = p + 14, *udp = p + 34, *vx = p + 42;
	struct route *r = route_find(h->routes, h->route_count, load32(ip + 16));
	if (r == NULL || r->type != LOCAL_HOST || ip[9] != 17 || (load16(ip + 6) & be16(0x3fff)) != 0 || !udp_ok(f)) { drop(f); return 0; }
	if (load16(udp + 2) != be16(VXLAN_PORT) || frames[f].len < OUTER + 14) { drop(f); return 0; }
	uint32_t vni = be32(load32(vx + 4)) >> 8;
	if (load32(vx) != be32(0x08000000) || vx[7] != 0 || vnis[vni & 63] != vni) { drop(f); return 0; }
	uint32_t outer_tos = ip[1] & 3;
	frames[f].off += OUTER;
	frames[f].len -= OUTER;
	frames[f].l4sum = UNKNOWN;
	uint8_t *inner = bytes(f);
	if (mac_at(inner + 6) == mac_at(h->mac[VX0]) || (outer_tos & 1) != 0) { drop(f); return 0; } /* no congestion marks on these paths */
	return 1;
}
#endif
