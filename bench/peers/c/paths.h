/* The three canonical paths, from the sender's device to the sink's, in bursts. */
#ifndef PATHS_H
#define PATHS_H
#include "vxlan.h"

static struct host host1, host2;
static struct device container1, container2;
/* For the check: a copy of what passes the wire between the hosts, and of what arrives. */
static FILE *wire_out, *sink_out;

static void record(FILE *to, uint32_t f)
{
	uint32_t len = frames[f].len;
	fwrite(&len, 4, 1, to);
	fwrite(bytes(f), 1, len, to);
}
static inline void wire(uint32_t f)
{
	if (__builtin_expect(wire_out != NULL, 0)) record(wire_out, f);
}
static inline void sink(struct device *d, uint32_t f)
{
	rx(d, f);
	if (__builtin_expect(sink_out != NULL, 0)) record(sink_out, f);
	delivered++;
	frame_free(f);
}
static inline void bridge_path(uint32_t f)
{
	tx(&container1, f);
	struct fdb_entry *to = bridge_receive(&host1, PORT, f);
	if (to == NULL) return;
	tx(&host1.dev[to->value], f);
	sink(&container2, f);
}
/* nat in three parts, between which the frames of a burst wait for what has been fetched for them. 0: the frame has ended. */
static inline int nat_enter(uint32_t f)
{
	tx(&container1, f);
	struct fdb_entry *to = bridge_receive(&host1, PORT, f);
	if (to == NULL) return 0;
	if ((to->flags & LOCAL) == 0) { drop(f); return 0; }
	return ip_receive(&host1, BR0, f) && track_prepare(&host1, f);
}
static inline int nat_cross(uint32_t f)
{
	if (ip_forward(&host1, BR0, f) != ETH0) return 0;
	wire(f);
	return ip_receive(&host2, ETH0, f) && track_prepare(&host2, f);
}
static inline void nat_leave(uint32_t f)
{
	if (ip_forward(&host2, ETH0, f) != BR0) return;
	struct fdb_entry *to = fdb_find(&host2.bridge, mac_at(bytes(f)));
	if (to == NULL) { drop(f); return; }
	tx(&host2.dev[to->value], f);
	sink(&container2, f);
}
static inline void vxlan_path(uint32_t f)
{
	tx(&container1, f);
	struct fdb_entry *to = bridge_receive(&host1, PORT, f);
	if (to == NULL) return;
	if (to->value != VX0) { drop(f); return; }
	if (!vxlan_send(&host1, f)) return;
	wire(f);
	if (!ip_receive(&host2, ETH0, f) || !vxlan_receive(&host2, f)) return;
	to = bridge_receive(&host2, VX0, f);
	if (to == NULL) return;
	tx(&host2.dev[to->value], f);
	sink(&container2, f);
}
#endif
