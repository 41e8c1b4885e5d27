/* The two hosts of the canonical labs: the same addresses, routes, entries and rules as the lab files. */
#ifndef LABS_H
#define LABS_H
#include "paths.h"

static const uint8_t ETH0_1[6] = { 2, 0, 0, 0, 1, 1 }, ETH0_2[6] = { 2, 0, 0, 0, 1, 2 };
static const uint8_t BR_1[6] = { 2, 0x42, 0, 0, 0, 1 }, BR_2[6] = { 2, 0x42, 0, 0, 0, 2 };
static const uint8_t C1[6] = { 2, 0x42, 0xac, 0x11, 0, 2 }, C2[6] = { 2, 0x42, 0xac, 0x11, 0, 3 }, D1[6] = { 2, 0x42, 0xac, 0x12, 0, 2 };
static const uint8_t O1[6] = { 2, 0x42, 0x0a, 0, 0, 2 }, O2[6] = { 2, 0x42, 0x0a, 0, 0, 3 };

/* What the sender's frames carry. */
struct lab { const char *name; const uint8_t *src_mac, *dst_mac; void (*setup)(uint32_t flows, uint32_t rules); };

static void underlay(void)
{
	memcpy(host1.mac[ETH0], ETH0_1, 6);
	memcpy(host2.mac[ETH0], ETH0_2, 6);
	neigh_add(host1.neigh, addr(192, 168, 205, 11), ETH0, ETH0_2);
	neigh_add(host2.neigh, addr(192, 168, 205, 10), ETH0, ETH0_1);
}
static void routes(struct host *h, int last, int second)
{
	route_add(h, addr(192, 168, 205, last), 32, ETH0, LOCAL_HOST);
	route_add(h, addr(192, 168, 205, 255), 32, ETH0, LOCAL_HOST);
	if (second != 0) {
		route_add(h, addr(172, second, 0, 1), 32, BR0, LOCAL_HOST);
		route_add(h, addr(172, second, 255, 255), 32, BR0, LOCAL_HOST);
	}
	route_add(h, addr(192, 168, 205, 0), 24, ETH0, UNICAST);
	if (second != 0) route_add(h, addr(172, second, 0, 0), 16, BR0, UNICAST);
	route_add(h, addr(127, 0, 0, 0), 8, ETH0, LOCAL_HOST);
}
/* `count` rules, of which the last one matches. */
static void forward_rules(struct host *h, uint32_t count, struct rule last)
{
	h->forward = calloc(count, sizeof *h->forward);
	h->forward_count = count;
	for (uint32_t i = 1; i < count; i++)
		h->forward[i - 1] = (struct rule){ .src = addr(10, (int)(77 + (i >> 8)), (int)(i & 255), 0), .smask = prefix(24), .proto = 17,
			.dport_min = (uint16_t)(7000 + i), .dport_max = (uint16_t)(7000 + i) };
	last.accept = 1;
	h->forward[count - 1] = last;
}
static void bridge_lab(uint32_t flows, uint32_t rules)
{
	(void)flows, (void)rules;
	fdb_add(&host1.bridge, BR_1, BR0, LOCAL);
	fdb_add(&host1.bridge, C2, ETH0, STATIC); /* the second port; ETH0 is free here */
}
static void nat_lab(uint32_t flows, uint32_t rules)
{
	underlay();
	routes(&host1, 10, 17);
	routes(&host2, 11, 18);
	memcpy(host1.mac[BR0], BR_1, 6);
	memcpy(host2.mac[BR0], BR_2, 6);
	fdb_add(&host1.bridge, BR_1, BR0, LOCAL);
	fdb_add(&host2.bridge, BR_2, BR0, LOCAL);
	fdb_add(&host2.bridge, D1, PORT, STATIC);
	neigh_add(host2.neigh, addr(172, 18, 0, 2), BR0, D1);
	ct_init(&host1.ct, flows);
	ct_init(&host2.ct, flows);
	host1.masquerade_src = addr(172, 17, 0, 0);
	host1.masquerade_mask = prefix(16);
	host1.masquerade_to = addr(192, 168, 205, 10);
	host2.dnat_to = addr(172, 18, 0, 2);
	host2.dnat_min = 5000;
	host2.dnat_max = 5001;
	forward_rules(&host1, rules, (struct rule){ .in = BR0, .out = BR0, .out_not = 1 });
	forward_rules(&host2, rules, (struct rule){ .dst = addr(172, 18, 0, 2), .dmask = ~0u, .in = BR0, .in_not = 1, .out = BR0, .proto = 17,
		.dport_min = 5000, .dport_max = 5001 });
}
static void vxlan_lab(uint32_t flows, uint32_t rules)
{
	(void)flows, (void)rules;
	underlay();
	routes(&host1, 10, 0);
	routes(&host2, 11, 0);
	fdb_add(&host1.bridge, O2, VX0, STATIC);
	fdb_add(&host2.bridge, O2, PORT, STATIC);
	fdb_add(&tunnel, O2, 0, STATIC);
	remotes[0] = addr(192, 168, 205, 11);
	tunnel_local = addr(192, 168, 205, 10);
	vnis[VNI & 63] = VNI;
	memcpy(host2.mac[VX0], (const uint8_t[6]){ 2, 0, 0, 0, 9, 2 }, 6);
}
static const struct lab LABS[] = {
	{ "bridge", C1, C2, bridge_lab },
	{ "nat", C1, BR_1, nat_lab },
	{ "vxlan", O1, O2, vxlan_lab },
};
#endif
