/* Connections: an index of both tuples' hashes (open addressing, eight places a cache line), and a record of one cache line for each. The
 * translation of one direction is the inverse of the other direction's tuple, as in Linux. Addresses and ports as they lie in the packet. */
#ifndef CONNTRACK_H
#define CONNTRACK_H
#include <sys/mman.h>
#include "fdb.h"

#define UDP_TIMEOUT (30ull * 1000000000)
enum { SRC_NAT = 1, DST_NAT = 2, CONFIRMED = 4 };

struct tuple { uint32_t src, dst, ports, proto; }; /* ports: source, destination in memory order */
struct ct_entry { uint32_t hash, ref; }; /* ref = connection << 1 | direction; 0 = free */
struct connection { struct tuple t[2]; uint64_t timeout; uint32_t status, pad[5]; };
struct conntrack { struct ct_entry *at; struct connection *conn; uint32_t mask, count, limit; };

static inline uint32_t tuple_hash(const struct tuple *t)
{
	uint64_t h = ((uint64_t)t->src << 32 | t->dst) * 0x9e3779b97f4a7c15ull;
	h ^= ((uint64_t)t->proto << 32 | t->ports) * 0xc2b2ae3d27d4eb4full;
	h = (h ^ h >> 32) * 0x165667b19e3779f9ull;
	return (uint32_t)(h >> 32);
}
static inline int tuple_same(const struct tuple *a, const struct tuple *b)
{
	return ((a->src ^ b->src) | (a->dst ^ b->dst) | (a->ports ^ b->ports) | (a->proto ^ b->proto)) == 0;
}
static inline struct ct_entry *ct_slot_hashed(struct conntrack *c, const struct tuple *t, uint32_t hash)
{
	uint32_t i = hash & c->mask;
	for (; c->at[i].ref != 0; i = (i + 1) & c->mask)
		if (c->at[i].hash == hash && tuple_same(&c->conn[c->at[i].ref >> 1].t[c->at[i].ref & 1], t)) break;
	return &c->at[i];
}
static inline struct ct_entry *ct_slot(struct conntrack *c, const struct tuple *t) { return ct_slot_hashed(c, t, tuple_hash(t)); }
static inline uint32_t ports_swapped(uint32_t ports) { return ports << 16 | ports >> 16; }
static inline struct tuple inverse(const struct tuple *t)
{
	return (struct tuple){ t->dst, t->src, ports_swapped(t->ports), t->proto };
}
/* Zeroed, in large pages where there are any. */
static void *table(size_t bytes)
{
	size_t page = 2 << 20, size = (bytes + page - 1) & ~(page - 1);
	void *p = aligned_alloc(page, size);
	if (p == NULL) { perror("memory"); exit(1); }
	madvise(p, size, MADV_HUGEPAGE);
	return memset(p, 0, size);
}
static void ct_init(struct conntrack *c, uint32_t flows)
{
	uint32_t size = 1024;
	while (size < 4 * flows) size *= 2;
	c->mask = size - 1;
	c->limit = flows + 16;
	c->count = 0;
	c->at = table((size_t)size * sizeof *c->at);
	c->conn = table((size_t)(c->limit + 1) * sizeof *c->conn);
}
/* A new connection with its plain reply; it is in no table before ct_confirm. 0: the table is full. */
static uint32_t ct_new(struct conntrack *c, const struct tuple *t)
{
	if (c->count >= c->limit) return 0;
	uint32_t id = ++c->count;
	c->conn[id] = (struct connection){ .t = { *t, inverse(t) }, .timeout = now + UDP_TIMEOUT };
	return id;
}
static void ct_confirm(struct conntrack *c, uint32_t id)
{
	struct connection *k = &c->conn[id];
	for (uint32_t dir = 0; dir < 2; dir++) {
		struct ct_entry *e = ct_slot(c, &k->t[dir]);
		*e = (struct ct_entry){ .hash = tuple_hash(&k->t[dir]), .ref = id << 1 | dir };
	}
	k->status |= CONFIRMED;
}
/* Source address to `to`; the port stays unless its reply is taken (nf_nat_setup_info). */
static void nat_source(struct conntrack *c, uint32_t id, uint32_t to)
{
	struct connection *k = &c->conn[id];
	k->t[1].dst = to;
	for (uint32_t port = 1024; ct_slot(c, &k->t[1])->ref != 0 && port < 65536; port++)
		k->t[1].ports = (k->t[1].ports & 0xffff) | (uint32_t)be16((uint16_t)port) << 16;
	k->status |= SRC_NAT;
}
static void nat_destination(struct conntrack *c, uint32_t id, uint32_t to)
{
	c->conn[id].t[1].src = to;
	c->conn[id].status |= DST_NAT;
}
#endif
