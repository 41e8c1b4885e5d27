/* The canonical paths as tight C: the limit that a data plane of the same steps could reach on this machine.
 *
 * usage: forward PATH FRAME_BYTES FLOWS COUNT RULES SRC_IP DST_IP [SINK_FILE WIRE_FILE]
 * Checks every flow once (addresses, TTL, both checksums from scratch, at the sink and on the wire), warms up, times COUNT frames in CPU time,
 * prints one line of JSON. With files: the frames that arrive and those between the hosts (length as a 32-bit word, then the bytes), one of
 * each flow, and no timing. */
#include <arpa/inet.h>
#include <time.h>
#include "labs.h"

static const struct lab *lab;
static uint8_t template[1600];
static uint32_t length, flows, next_flow;
static uint32_t *ports; /* source and destination as they lie in the frame */
static uint16_t *checks;

static void source_init(uint32_t src, uint32_t dst)
{
	uint8_t *ip = template + 14, *udp = template + 34;
	uint16_t total = (uint16_t)(length - 14);
	memcpy(template, lab->dst_mac, 6);
	memcpy(template + 6, lab->src_mac, 6);
	store16(template + 12, be16(0x0800));
	ip[0] = 0x45;
	store16(ip + 2, be16(total));
	ip[8] = 64;
	ip[9] = 17;
	store32(ip + 12, src);
	store32(ip + 16, dst);
	store16(ip + 10, ~fold(sum(ip, 20)));
	ports = malloc(4 * (size_t)flows), checks = malloc(2 * (size_t)flows);
	for (uint32_t i = 0; i < flows; i++) {
		ports[i] = be16((uint16_t)(1024 + i % 50000)) | (uint32_t)be16((uint16_t)(5000 + i / 50000)) << 16;
		store32(udp, ports[i]);
		store16(udp + 4, be16(total - 20));
		store16(udp + 6, 0);
		uint16_t check = ~fold(sum(udp, total - 20u) + pseudo_sum(ip, total - 20));
		checks[i] = check == 0 ? 0xffff : check;
	}
}
/* The sender: frames into fresh slots, one flow after the other. How many, at most BURST. */
static inline uint32_t fill(uint32_t *burst, uint64_t left)
{
	uint32_t n = left < BURST ? (uint32_t)left : BURST;
	for (uint32_t i = 0; i < n; i++) {
		int f = frame_alloc(length);
		if (f < 0) { fprintf(stderr, "out of frames\n"); exit(1); }
		uint8_t *p = bytes((uint32_t)f);
		memcpy(p, template, length);
		store32(p + 34, ports[next_flow]);
		store16(p + 40, checks[next_flow]);
		if (++next_flow == flows) next_flow = 0;
		burst[i] = (uint32_t)f;
	}
	return n;
}
static void run_bridge(uint64_t count)
{
	uint32_t burst[BURST], n;
	for (; count > 0; count -= n) {
		n = fill(burst, count);
		for (uint32_t i = 0; i < n; i++) bridge_path(burst[i]);
	}
}
static void run_nat(uint64_t count)
{
	uint32_t burst[BURST], n;
	for (; count > 0; count -= n) {
		uint32_t entered = 0, crossed = 0;
		n = fill(burst, count);
		for (uint32_t i = 0; i < n; i++)
			if (nat_enter(burst[i])) burst[entered++] = burst[i];
		for (uint32_t i = 0; i < entered; i++)
			if (nat_cross(burst[i])) burst[crossed++] = burst[i];
		for (uint32_t i = 0; i < crossed; i++) nat_leave(burst[i]);
	}
}
static void run_vxlan(uint64_t count)
{
	uint32_t burst[BURST], n;
	for (; count > 0; count -= n) {
		n = fill(burst, count);
		for (uint32_t i = 0; i < n; i++) vxlan_path(burst[i]);
	}
}

static void fail(const char *where, uint32_t i, const char *what)
{
	fprintf(stderr, "%s: frame %u %s: %s\n", lab->name, i, where, what);
	exit(1);
}
/* The frames of flows [from, to) as recorded: IP header and UDP checksum from scratch, length, ports, and of the tunnel's outer header the inside too. */
static void check_file(FILE *file, const char *where, uint32_t extra, uint8_t ttl, uint32_t from, uint32_t to)
{
	static uint8_t b[2048];
	uint32_t n, i = from;
	rewind(file);
	for (; i < to && fread(&n, 4, 1, file) == 1; i++) {
		if (n != length + extra || fread(b, 1, n, file) != n) fail(where, i, "length");
		for (uint32_t o = extra; ; o = 0) {
			uint8_t *ip = b + o + 14, *udp = b + o + 34;
			uint16_t l = be16(load16(ip + 2));
			if (ip[0] != 0x45 || l != n - o - 14 || fold(sum(ip, 20)) != 0xffff) fail(where, i, "IP header");
			if (load16(udp + 6) == 0 || fold(sum(udp, l - 20u) + pseudo_sum(ip, l - 20)) != 0xffff) fail(where, i, "UDP checksum");
			if (be16(load16(udp + 4)) != l - 20) fail(where, i, "UDP length");
			if (o == extra && (ip[8] != ttl || load32(udp) != ports[i])) fail(where, i, "TTL or ports");
			if (o == 0) break;
		}
	}
	if (i != to) fail(where, i, "frames are missing");
}
static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
static FILE *open_for(const char *name)
{
	FILE *f = name != NULL ? fopen(name, "w+b") : tmpfile();
	if (f == NULL) { perror(name != NULL ? name : "temporary file"); exit(1); }
	return f;
}
int main(int argc, char **argv)
{
	if (argc != 8 && argc != 10) { fprintf(stderr, "usage: forward PATH FRAME FLOWS COUNT RULES SRC_IP DST_IP [SINK_FILE WIRE_FILE]\n"); return 2; }
	for (size_t i = 0; i < sizeof LABS / sizeof *LABS; i++)
		if (strcmp(LABS[i].name, argv[1]) == 0) lab = &LABS[i];
	length = (uint32_t)atoi(argv[2]);
	flows = (uint32_t)atoi(argv[3]);
	uint64_t count = strtoull(argv[4], NULL, 10);
	uint32_t rules = (uint32_t)atoi(argv[5]);
	if (lab == NULL || length < 60 || length > 1514 || flows < 1 || flows > 1000000 || rules < 1 || rules > 60000) { fprintf(stderr, "bad arguments\n"); return 2; }
	frames_init();
	source_init(inet_addr(argv[6]), inet_addr(argv[7]));
	lab->setup(flows, rules);
	void (*run)(uint64_t) = lab->setup == bridge_lab ? run_bridge : lab->setup == nat_lab ? run_nat : run_vxlan;

	sink_out = open_for(argc == 10 ? argv[8] : NULL);
	wire_out = open_for(argc == 10 ? argv[9] : NULL);
	int nat = lab->setup == nat_lab;
	for (uint32_t i = 0; i < flows; i += BURST) {
		uint32_t to = flows - i < BURST ? flows : i + BURST;
		run(to - i);
		if (argc == 10) continue;
		check_file(sink_out, "at the sink", 0, nat ? 62 : 64, i, to);
		if (lab->setup != bridge_lab) check_file(wire_out, "on the wire", nat ? 0 : OUTER, nat ? 63 : 64, i, to);
		rewind(sink_out);
		rewind(wire_out);
	}
	fclose(sink_out);
	fclose(wire_out);
	sink_out = wire_out = NULL;
	if (argc == 10) return 0;

	run(flows * 2 > 300000 ? flows * 2 : 300000);
	uint64_t before = delivered;
	double t0 = cpu_ns();
	run(count);
	double t1 = cpu_ns();
	if (delivered - before != count || dropped != 0) fail("while timed", 0, "frames were lost");
	printf("{\"nsPerPacket\":%.3f,\"count\":%llu}\n", (t1 - t0) / (double)count, (unsigned long long)count);
	return 0;
}
