/* What a host's IP layer looks things up in: routes (longest prefix first, a list), neighbours (hash), rules (flat rows). Addresses as in the packet. */
#ifndef ROUTE_H
#define ROUTE_H
#include "frame.h"

enum { UNICAST, LOCAL_HOST };
struct route { uint32_t dst, mask, gateway; uint16_t dev, type; uint32_t mtu; };
struct neighbour { uint32_t addr; uint16_t dev; uint8_t mac[6]; uint64_t state; };
#define NEIGHBOURS 64
struct rule {
	uint32_t src, smask, dst, dmask;
	uint16_t dport_min, dport_max; /* host order */
	uint8_t proto, in, out, in_not, out_not, accept; /* in, out: device, 0 any */
	uint64_t packets, bytes;
};

static inline struct route *route_find(struct route *r, uint32_t n, uint32_t dst)
{
	for (uint32_t i = 0; i < n; i++)
		if ((dst & r[i].mask) == r[i].dst) return &r[i];
	return NULL;
}
static inline struct neighbour *neigh_find(struct neighbour *t, uint32_t addr, uint16_t dev)
{
	uint32_t i = (addr * 0x9e3779b1u ^ dev) >> 26;
	while (t[i].state != 0 && (t[i].addr != addr || t[i].dev != dev)) i = (i + 1) & (NEIGHBOURS - 1);
	return t[i].state != 0 ? &t[i] : NULL;
}
static void neigh_add(struct neighbour *t, uint32_t addr, uint16_t dev, const uint8_t *mac)
{
	uint32_t i = (addr * 0x9e3779b1u ^ dev) >> 26;
	while (t[i].state != 0) i = (i + 1) & (NEIGHBOURS - 1);
	t[i] = (struct neighbour){ .addr = addr, .dev = dev, .state = 1 };
	memcpy(t[i].mac, mac, 6);
}
/* The first rule that matches counts and decides; none: the policy, which is to accept. */
static inline int rules_accept(struct rule *r, uint32_t n, const uint8_t *ip, uint8_t in, uint8_t out)
{
	uint32_t src = load32(ip + 12), dst = load32(ip + 16);
	uint16_t dport = be16(load16(ip + 22));
	uint8_t proto = ip[9];
	for (uint32_t i = 0; i < n; i++) {
		struct rule *k = &r[i];
		if ((src & k->smask) != k->src || (dst & k->dmask) != k->dst) continue;
		if (k->proto != 0 && (k->proto != proto || dport < k->dport_min || dport > k->dport_max)) continue;
		if (k->in != 0 && (k->in == in) == k->in_not) continue;
		if (k->out != 0 && (k->out == out) == k->out_not) continue;
		k->packets++;
		k->bytes += be16(load16(ip + 2));
		return k->accept;
	}
	return 1;
}
#endif
