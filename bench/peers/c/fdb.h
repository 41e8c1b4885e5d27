/* MAC address -> port with age: open addressing, one cache line holds four entries. Used by bridges and by the tunnel. */
#ifndef FDB_H
#define FDB_H
#include "frame.h"

#define FDB_SIZE 256
#define AGEING (300ull * 1000000000)
enum { LOCAL = 1, STATIC = 2 };

struct fdb_entry { uint64_t mac; uint32_t value; uint32_t flags; uint64_t updated; };
struct fdb { struct fdb_entry at[FDB_SIZE]; uint32_t used; };

static uint64_t now; /* virtual ns */

static inline uint64_t mac_at(const uint8_t *p) { return (uint64_t)load32(p) | (uint64_t)load16(p + 4) << 32; }
static inline uint32_t mac_hash(uint64_t mac) { return (uint32_t)((mac * 0x9e3779b97f4a7c15ull) >> 32) & (FDB_SIZE - 1); }
/* The entry, or the free place where it would stand. */
static inline struct fdb_entry *fdb_slot(struct fdb *t, uint64_t mac)
{
	uint32_t i = mac_hash(mac);
	while (t->at[i].mac != mac && t->at[i].mac != 0) i = (i + 1) & (FDB_SIZE - 1);
	return &t->at[i];
}
static inline struct fdb_entry *fdb_find(struct fdb *t, uint64_t mac)
{
	struct fdb_entry *e = fdb_slot(t, mac);
	if (e->mac == 0) return NULL;
	if ((e->flags & (LOCAL | STATIC)) == 0 && e->updated + AGEING < now) return NULL;
	return e;
}
static inline void fdb_learn(struct fdb *t, uint64_t mac, uint32_t port)
{
	struct fdb_entry *e = fdb_slot(t, mac);
	if (e->mac == 0) {
		if (t->used >= FDB_SIZE / 2) return;
		t->used++;
		*e = (struct fdb_entry){ .mac = mac, .value = port };
	}
	if (e->flags & LOCAL) return;
	if (e->value != port) e->value = port;
	e->updated = now;
}
static void fdb_add(struct fdb *t, const uint8_t *mac, uint32_t value, uint32_t flags)
{
	struct fdb_entry *e = fdb_slot(t, mac_at(mac));
	*e = (struct fdb_entry){ .mac = mac_at(mac), .value = value, .flags = flags };
	t->used++;
}
#endif
