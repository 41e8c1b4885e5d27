/* Frames: slots of one arena with room for an encapsulation in front, the last one freed used first. */
#ifndef FRAME_H
#define FRAME_H
#include <stdio.h>
#include <stdlib.h>
#include "sum.h"

#define HEADROOM 130 /* so that the IP header stands on a multiple of four */
#define STRIDE 1728  /* 27 cache lines: not a power of two */
#define SLOTS 4096
#define BURST 256

enum { UNKNOWN, VALID };

struct frame { uint32_t off, len, hash; uint8_t l4sum; }; /* hash: of the tuple, once it was read */

static uint8_t *arena;
static struct frame frames[SLOTS];
static uint32_t free_list[SLOTS], free_count;
static uint64_t dropped, delivered;

static inline uint8_t *bytes(uint32_t f) { return arena + frames[f].off; }
static inline int frame_alloc(uint32_t len)
{
	if (free_count == 0) return -1;
	uint32_t f = free_list[--free_count];
	frames[f] = (struct frame){ .off = f * STRIDE + HEADROOM, .len = len, .l4sum = UNKNOWN };
	return (int)f;
}
static inline void frame_free(uint32_t f) { free_list[free_count++] = f; }
static inline void drop(uint32_t f) { dropped++; frame_free(f); }

static void frames_init(void)
{
	arena = aligned_alloc(64, (size_t)SLOTS * STRIDE);
	memset(arena, 0, (size_t)SLOTS * STRIDE);
	for (uint32_t i = SLOTS; i-- > 0;) frame_free(i);
}

/* A network device is its counters, here. */
struct device { uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; };
static inline void rx(struct device *d, uint32_t f) { d->rx_packets++; d->rx_bytes += frames[f].len; }
static inline void tx(struct device *d, uint32_t f) { d->tx_packets++; d->tx_bytes += frames[f].len; }
#endif
