/* The steps of one host: bridge, IPv4 input, connection tracking with translation, forwarding, neighbour and header. */
#ifndef HOST_H
#define HOST_H
#include "conntrack.h"
#include "route.h"

enum { NO_DEVICE, ETH0, BR0, PORT, VX0, DEVICES }; /* device numbers of a host: PORT is the container's port of bridge BR0 */

struct host {
	struct device dev[DEVICES];
	uint8_t mac[DEVICES][6];
	struct fdb bridge;
	struct conntrack ct;
	struct route routes[16];
	uint32_t route_count;
	struct neighbour neigh[NEIGHBOURS];
	struct rule *forward;
	uint32_t forward_count;
	/* nat table: source translation of what comes from smask'd src and leaves by another device than BR0; and destination translation of UDP
	 * to an address of the host with a port in [dnat_min, dnat_max] which does not come in from BR0. */
	uint32_t masquerade_src, masquerade_mask, masquerade_to;
	uint32_t dnat_to;
	uint16_t dnat_min, dnat_max;
};

static inline uint32_t addr(int a, int b, int c, int d) { return be32((uint32_t)a << 24 | (uint32_t)b << 16 | (uint32_t)c << 8 | (uint32_t)d); }
static inline uint32_t prefix(int length) { return length == 0 ? 0 : be32(~0u << (32 - length)); }
/* Routes are added longest prefix first. */
static void route_add(struct host *h, uint32_t dst, int length, uint16_t dev, uint16_t type)
{
	h->routes[h->route_count++] = (struct route){ .dst = dst, .mask = prefix(length), .dev = dev, .type = type, .mtu = 1500 };
}

/* A frame comes in at a bridge's port: learn the sender, find the addressee. The entry, or NULL: dropped (nothing floods on these paths). */
static inline struct fdb_entry *bridge_receive(struct host *h, uint32_t port, uint32_t f)
{
	uint8_t *p = bytes(f);
	rx(&h->dev[port], f);
	if (p[6] & 1) { drop(f); return NULL; }
	fdb_learn(&h->bridge, mac_at(p + 6), port);
	struct fdb_entry *to = (p[0] & 1) ? NULL : fdb_find(&h->bridge, mac_at(p));
	if (to == NULL) drop(f);
	return to;
}
/* Is the frame for the device, is it a whole IPv4 packet with a right header? ip_rcv_core; the padding of a short frame is cut. */
static inline int ip_receive(struct host *h, uint32_t dev, uint32_t f)
{
	uint8_t *p = bytes(f), *ip = p + 14;
	uint32_t len = frames[f].len;
	rx(&h->dev[dev], f);
	if (mac_at(p) != mac_at(h->mac[dev]) || load16(p + 12) != be16(0x0800)) { drop(f); return 0; }
	if (len < 34 || ip[0] != 0x45) { drop(f); return 0; }
	uint32_t total = be16(load16(ip + 2));
	if (total < 20 || total > len - 14 || fold(ip_sum(ip)) != 0xffff) { drop(f); return 0; }
	frames[f].len = 14 + total;
	return 1;
}
/* Whole UDP datagram with a right checksum? The answer is kept with the frame. */
static inline int udp_ok(uint32_t f)
{
	if (frames[f].l4sum == VALID) return 1;
	uint8_t *ip = bytes(f) + 14, *udp = ip + 20;
	uint32_t n = frames[f].len - 34;
	if (n < 8 || be16(load16(udp + 4)) < 8 || be16(load16(udp + 4)) > n) return 0;
	if (load16(udp + 6) != 0 && fold(sum(udp, n) + pseudo_sum(ip, (uint16_t)n)) != 0xffff) return 0;
	frames[f].l4sum = VALID;
	return 1;
}
static inline struct tuple tuple_of(const uint8_t *ip) { return (struct tuple){ load32(ip + 12), load32(ip + 16), load32(ip + 20), 17 }; }
/* What connection tracking checks, and where it will look: fetched while other frames are served. 0: dropped, it is no whole UDP packet. */
static inline int track_prepare(struct host *h, uint32_t f)
{
	uint8_t *ip = bytes(f) + 14;
	if (ip[9] != 17 || (load16(ip + 6) & be16(0x3fff)) != 0 || !udp_ok(f)) { drop(f); return 0; }
	struct tuple t = tuple_of(ip);
	frames[f].hash = tuple_hash(&t);
	__builtin_prefetch(&h->ct.at[frames[f].hash & h->ct.mask]);
	return 1;
}
/* Which connection and direction (nf_conntrack_in): id << 1 | direction; 0: the table is full. */
static inline uint32_t track(struct host *h, uint32_t f)
{
	struct tuple t = tuple_of(bytes(f) + 14);
	struct ct_entry *e = ct_slot_hashed(&h->ct, &t, frames[f].hash);
	uint32_t ref = e->ref;
	if (ref != 0 && h->ct.conn[ref >> 1].timeout >= now) {
		h->ct.conn[ref >> 1].timeout = now + UDP_TIMEOUT;
		return ref;
	}
	if (ref != 0) return 0; /* expired: no run lasts that long in virtual time */
	return ct_new(&h->ct, &t) << 1;
}
/* Make the packet's address at `at` and port what the inverse of the other direction's tuple says, sums included (nf_nat_manip_pkt). */
static inline void rewrite(uint8_t *ip, uint32_t at, uint32_t to, uint32_t port_at, uint16_t port)
{
	uint8_t *udp = ip + 20;
	uint32_t was = load32(ip + at);
	uint16_t old = load16(udp + port_at), check = load16(udp + 6);
	store32(ip + at, to);
	store16(ip + 10, update(load16(ip + 10), was, to));
	if (check != 0) {
		check = update(check, was, to);
		if (old != port) check = update16(check, old, port);
		store16(udp + 6, check == 0 ? 0xffff : check);
	}
	if (old != port) store16(udp + port_at, port);
}
static inline void translate(struct host *h, uint32_t ref, uint8_t *ip, uint32_t what)
{
	struct connection *k = &h->ct.conn[ref >> 1];
	if ((k->status & what) == 0) return;
	struct tuple *other = &k->t[~ref & 1];
	if (what == SRC_NAT) rewrite(ip, 12, other->dst, 0, (uint16_t)(other->ports >> 16));
	else rewrite(ip, 16, other->src, 2, (uint16_t)other->ports);
}
/* The next hop's address in front, and out. 0: no neighbour. */
static inline int neigh_output(struct host *h, uint32_t dev, uint32_t next_hop, uint32_t f)
{
	struct neighbour *n = neigh_find(h->neigh, next_hop, (uint16_t)dev);
	if (n == NULL) { drop(f); return 0; }
	uint8_t *p = bytes(f);
	memcpy(p, n->mac, 6);
	memcpy(p + 6, h->mac[dev], 6);
	store16(p + 12, be16(0x0800));
	tx(&h->dev[dev], f);
	return 1;
}
/* From PREROUTING to the header of the next hop. The device that it leaves by; 0: dropped. */
static inline uint32_t ip_forward(struct host *h, uint32_t in, uint32_t f)
{
	uint8_t *ip = bytes(f) + 14;
	uint32_t ref = track(h, f);
	if (ref == 0) { drop(f); return 0; }
	struct connection *k = &h->ct.conn[ref >> 1];
	int fresh = (k->status & CONFIRMED) == 0;
	if (fresh && h->dnat_to != 0 && in != BR0) {
		uint16_t dport = be16(load16(ip + 22));
		struct route *r = route_find(h->routes, h->route_count, load32(ip + 16));
		if (r != NULL && r->type == LOCAL_HOST && dport >= h->dnat_min && dport <= h->dnat_max) nat_destination(&h->ct, ref >> 1, h->dnat_to);
	}
	translate(h, ref, ip, DST_NAT);
	struct route *r = route_find(h->routes, h->route_count, load32(ip + 16));
	if (r == NULL || r->type != UNICAST || ip[8] <= 1 || be16(load16(ip + 2)) > r->mtu) { drop(f); return 0; }
	uint32_t next_hop = r->gateway != 0 ? r->gateway : load32(ip + 16);
	uint16_t was = load16(ip + 8);
	store16(ip + 8, was - be16(0x0100));
	store16(ip + 10, update16(load16(ip + 10), was, was - be16(0x0100)));
	if (!rules_accept(h->forward, h->forward_count, ip, (uint8_t)in, (uint8_t)r->dev)) { drop(f); return 0; }
	if (fresh && (load32(ip + 12) & h->masquerade_mask) == h->masquerade_src && h->masquerade_to != 0 && r->dev != BR0)
		nat_source(&h->ct, ref >> 1, h->masquerade_to);
	translate(h, ref, ip, SRC_NAT);
	if (fresh) ct_confirm(&h->ct, ref >> 1);
	return neigh_output(h, r->dev, next_hop, f) ? r->dev : 0;
}
#endif
