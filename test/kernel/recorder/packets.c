/*
 * What a recording needs of Linux and Node does not have: packet sockets, setns, a step at a precise time. Runs inside the private
 * namespaces that live.ts made, pinned to one CPU, and does what it is told on stdin; every decision about what frames mean is the
 * other side's. Called by the name of `ip` it is that command, but that each new namespace is made quiet before a device is in it.
 *
 *   packets CPU INITIAL_NETNS IPV6     CPU -1: not pinned; INITIAL_NETNS: what /proc/self/ns/net is outside, where nothing may happen
 *
 * A message is  u32 length of the rest | u8 kind | body,  in the machine's byte order; each gets one answer of the same kind with
 * i32 status (0, -errno, or a command's exit status), after which a 'p' streams what it saw:
 *   x ns\0 script\0             run `sh -eu -c script` in a namespace ("." is the lab's root)
 *   o                           offloads off on every device but lo
 *   l u32 ms                    wait until every device with a carrier is operational; status 1: not in that time
 *   t ns\0 dev\0                watch a port (numbered from 0 in order of calls)
 *   s ns\0 dev\0                open a port for sending (numbered likewise)
 *   u ns\0 u8 family u16 port   open a UDP socket (numbered likewise); family 4 or 6
 *   p u64 gap, settle, quiet; u32 neighbour states; steps    play; see struct step. Streams
 *       f struct seen + bytes   a frame;   w u32 step, i32 errno   a refused send;   r u32 step   asks for the frame to send: answer
 *       with r + bytes (none: skip);   d u64 ns listened after the last step, u64 ns of each step when it was done   the end
 */
#define _GNU_SOURCE
#include "namespace.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 256, FRAME = 70000 };
struct step { uint64_t time; uint8_t kind, burst; uint16_t index; uint32_t length; } __attribute__((packed));
enum { SEND, UDP, SH, ASK };
struct seen { uint64_t time; uint32_t length, status; uint16_t tap, outgoing, tci, tpid; };

static int taps[MOST], senders[MOST], sockets[MOST], ntaps, nsenders, nsockets;
static char *log_bytes;
static size_t log_used, log_room, log_sent;

static int open_port(const char *ns, const char *dev, int tap)
{
	int r = enter(ns), one = 1, big = 64 << 20, fd;
	if (r) return r;
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = tap ? htons(ETH_P_ALL) : 0, .sll_ifindex = if_nametoindex(dev) };
	fd = a.sll_ifindex ? socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) : -1;
	if (fd >= 0 && tap) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
		setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one);
	} else if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big);
	r = fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) ? -errno : 0;
	enter(".");
	if (!r) *(tap ? &taps[ntaps++] : &senders[nsenders++]) = fd;
	return r;
}

static socklen_t address(struct sockaddr_storage *to, const char *text, uint16_t port)
{
	struct sockaddr_in6 *six = (void *)to;
	struct sockaddr_in *four = (void *)to;
	memset(to, 0, sizeof *to);
	if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		return sizeof *six;
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(port);
	return inet_pton(AF_INET, text, &four->sin_addr) == 1 ? sizeof *four : 0;
}

static int open_udp(const char *ns, int family, uint16_t port)
{
	int r = enter(ns), one = 1;
	if (r) return r;
	struct sockaddr_storage any;
	socklen_t n = address(&any, family == 6 ? "::" : "0.0.0.0", port);
	int fd = socket(any.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one);
	if (family == 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	r = fd < 0 || bind(fd, (struct sockaddr *)&any, n) ? -errno : 0;
	enter(".");
	if (!r) sockets[nsockets++] = fd;
	return r;
}

static int run_shell(const char *ns, const char *script)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY), r = enter(ns);
		if (r) { fprintf(stderr, "namespace %s: %s\n", ns, strerror(-r)); _exit(1); }
		setpriority(PRIO_PROCESS, 0, 0);
		dup2(null, 0);
		dup2(2, 1); /* stdout is the way back to the recorder */
		execl("/bin/sh", "sh", "-eu", "-c", script, (char *)0);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void say(const void *bytes, size_t n)
{
	for (const char *p = bytes; n; ) {
		ssize_t w = write(1, p, n);
		if (w < 0 && errno != EINTR) die("writing to the recorder");
		if (w > 0) { p += w; n -= w; }
	}
}
static void hear(void *bytes, size_t n)
{
	for (char *p = bytes; n; ) {
		ssize_t r = read(0, p, n);
		if (r == 0) exit(0);
		if (r < 0 && errno != EINTR) die("reading from the recorder");
		if (r > 0) { p += r; n -= r; }
	}
}
/* Into memory: the recorder may be slow to read, and nothing may wait for it between two steps. */
static void note(char kind, const void *head, size_t n, const void *bytes, size_t m)
{
	uint32_t length = 1 + n + m;
	while (log_used + 4 + length > log_room)
		if (!(log_bytes = realloc(log_bytes, log_room = log_room ? log_room * 2 : 1 << 20))) die("memory");
	char *p = log_bytes + log_used;
	memcpy(p, &length, 4);
	p[4] = kind;
	memcpy(p + 5, head, n);
	if (m) memcpy(p + 5 + n, bytes, m);
	log_used += 4 + length;
}
static void flush_log(void) { say(log_bytes + log_sent, log_used - log_sent); log_sent = log_used; }

static int64_t start_mono, start_real, last_seen;
static void drain(int64_t wait_ns)
{
	static char data[FRAME];
	struct pollfd p[MOST];
	struct timespec t = { wait_ns / 1000000000, wait_ns % 1000000000 };
	for (int i = 0; i < ntaps; i++) p[i] = (struct pollfd){ taps[i], POLLIN, 0 };
	if (ppoll(p, ntaps, &t, NULL) <= 0) return;
	for (int i = 0; i < ntaps; i++)
		while (p[i].revents) {
			char control[512];
			struct sockaddr_ll from;
			struct iovec v = { data, sizeof data };
			struct msghdr m = { &from, sizeof from, &v, 1, control, sizeof control, 0 };
			ssize_t n = recvmsg(taps[i], &m, MSG_DONTWAIT);
			if (n < 0) break; /* nothing more, or the device went down */
			struct seen s = { .length = n, .tap = i, .outgoing = from.sll_pkttype == PACKET_OUTGOING };
			for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
				if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
					struct timespec at;
					memcpy(&at, CMSG_DATA(c), sizeof at);
					int64_t ns = at.tv_sec * 1000000000LL + at.tv_nsec - start_real;
					s.time = ns > 0 ? ns : 0;
				} else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
					struct tpacket_auxdata a;
					memcpy(&a, CMSG_DATA(c), sizeof a);
					s.status = a.tp_status; s.tci = a.tp_vlan_tci; s.tpid = a.tp_vlan_tpid;
				}
			note('f', &s, sizeof s, data, n);
			last_seen = clock_ns(CLOCK_MONOTONIC) - start_mono;
		}
}
static int64_t elapsed(void) { return clock_ns(CLOCK_MONOTONIC) - start_mono; }
static void until(int64_t t) { for (int64_t left; (left = t - elapsed()) > 0; ) drain(left); }

static int send_udp(int fd, char *body, uint32_t n)
{
	uint16_t port;
	memcpy(&port, body, 2);
	char *to = body + 2, *payload = to + strlen(to) + 1;
	struct sockaddr_storage a;
	socklen_t length = address(&a, to, port);
	if (!length) return EINVAL;
	return sendto(fd, payload, body + n - payload, 0, (struct sockaddr *)&a, length) < 0 ? errno : 0;
}

static int ask(uint32_t number, int fd)
{
	uint32_t n;
	note('r', &number, 4, NULL, 0);
	flush_log();
	hear(&n, 4);
	char *frame = malloc(n);
	hear(frame, n);
	int r = n > 1 && send(fd, frame + 1, n - 1, 0) < 0 ? errno : 0;
	free(frame);
	return r;
}

static void play(char *p, char *end)
{
	uint64_t gap, settle, quiet, listened;
	memcpy(&gap, p, 8); memcpy(&settle, p + 8, 8); memcpy(&quiet, p + 16, 8); memcpy(&wanted_states, p + 24, 4);
	int64_t last = -1000000000000LL;
	int after_burst = 0;
	uint32_t number = 0;
	int64_t *done = NULL;
	start_mono = clock_ns(CLOCK_MONOTONIC) + 10000000;
	start_real = clock_ns(CLOCK_REALTIME) + (start_mono - clock_ns(CLOCK_MONOTONIC));
	for (p += 28; p < end; number++) {
		struct step s;
		memcpy(&s, p, sizeof s);
		char *body = p + sizeof s;
		p = body + s.length;
		int back_to_back = s.burst && after_burst;
		int64_t earliest = back_to_back ? last : last + (int64_t)gap;
		int32_t error = 0;
		if (!back_to_back) drain(0); /* what was sent until now is read, even when it is late already */
		until((int64_t)s.time > earliest ? (int64_t)s.time : earliest);
		last = elapsed();
		if (!(done = realloc(done, (number + 1) * sizeof *done))) die("memory");
		done[number] = last;
		after_burst = s.burst;
		if (s.kind == SEND) error = send(senders[s.index], body, s.length, 0) < 0 ? errno : 0;
		else if (s.kind == UDP) error = send_udp(sockets[s.index], body, s.length);
		else if (s.kind == SH) { run_shell(body, body + strlen(body) + 1); links_now(); }
		else { drain(0); error = ask(number, senders[s.index]); }
		if (error) {
			uint32_t w[2] = { number, error };
			note('w', w, sizeof w, NULL, 0);
		}
	}
	if (last < 0) last = 0;
	if (!quiet) until(last + settle);
	else
		while (elapsed() < last + (int64_t)settle) {
			int64_t calm = (last_seen > last ? last_seen : last) + quiet;
			if (elapsed() < calm) drain(calm - elapsed());
			else if (!for_namespaces(neighbour_pending)) break;
			else drain(quiet);
		}
	drain(0);
	listened = elapsed() - last;
	note('d', &listened, 8, done, number * sizeof *done);
	free(done);
	flush_log();
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	if (!strcmp(name ? name + 1 : argv[0], "ip")) return act_as_ip(argv);
	if (argc != 4) { fputs("usage: packets CPU INITIAL_NETNS IPV6\n", stderr); return 2; }
	char here[64] = "";
	if (readlink("/proc/self/ns/net", here, sizeof here - 1) < 0) die("/proc/self/ns/net");
	if (!strcmp(here, argv[2])) { fputs("packets: this is the machine's own network namespace: refused\n", stderr); return 2; }
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	if (atoi(argv[1]) >= 0) {
		CPU_SET(atoi(argv[1]), &cpus);
		if (sched_setaffinity(0, sizeof cpus, &cpus)) die("sched_setaffinity");
	}
	/* Before other work, so that a step comes at its time; not SCHED_FIFO, under which a lab can keep a CPU from the kernel's own threads. */
	setpriority(PRIO_PROCESS, 0, -10);
	if (mount("none", "/run", "tmpfs", 0, NULL) || mkdir("/run/netns", 0755)) die("a private /run");
	if (mount("none", "/sys", "sysfs", 0, NULL)) die("a private /sys");
	if ((root_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) die("/proc/self/ns/net");
	quiet_netns(*argv[3] == '1');
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl(fd, SIOCSIFFLAGS, &lo)) die("lo");
	for (uint32_t n; ; ) {
		hear(&n, 4);
		char *m = malloc(n + 1);
		if (!m) die("memory");
		hear(m, n);
		m[n] = 0;
		char *a = m + 1, *b = a + strlen(a) + 1;
		int32_t r = -EINVAL;
		uint32_t ms;
		uint16_t port;
		if (*m == 'x') r = run_shell(a, b);
		else if (*m == 'o') r = for_namespaces(offloads_off);
		else if (*m == 'l') { memcpy(&ms, a, 4); r = wait_links(ms); }
		else if (*m == 't' || *m == 's') r = (*m == 't' ? ntaps : nsenders) == MOST ? -EMFILE : open_port(a, b, *m == 't');
		else if (*m == 'u') { memcpy(&port, b + 1, 2); r = nsockets == MOST ? -EMFILE : open_udp(a, *b, port); }
		else if (*m == 'p') r = 0;
		char answer[9] = { 5, 0, 0, 0, *m };
		memcpy(answer + 5, &r, 4);
		say(answer, 9);
		if (*m == 'p') play(a, m + n);
		free(m);
	}
}
