/* The kernel's side: a sender that is nothing but system calls, and a receiver that checks what arrives.
 *
 *   flood send DEV COUNT FRAME FLOWS DST_MAC SRC_IP DST_IP   frames out of a device; DEV "nowhere": of a tap device whose filter drops all
 *   flood check DEV COUNT FRAME TTL                          waits for COUNT UDP frames at a device, both checksums from scratch
 *
 * send prints one line of JSON: frames sent, and the CPU time in ns of this process (which does the softirqs of its core while it sends), of that
 * core's ksoftirqd, and what the kernel booked on that core as interrupts and softirqs (in steps of a tick): a kernel that keeps such time apart
 * (CONFIG_IRQ_TIME_ACCOUNTING) has not counted it with the process. The caller pins it to a core. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

static void die(const char *what) { perror(what); exit(1); }

static uint16_t checksum(const uint8_t *p, int n, uint32_t s)
{
	for (; n > 1; n -= 2, p += 2) s += (uint32_t)(p[0] << 8 | p[1]);
	if (n > 0) s += (uint32_t)(p[0] << 8);
	while (s >> 16) s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}
static uint32_t pseudo(const uint8_t *ip, int n)
{
	uint32_t s = (uint32_t)(17 + n);
	for (int i = 12; i < 20; i += 2) s += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	return s;
}
static void put16(uint8_t *p, int v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }

/* A tap device that is up and whose reader's filter lets nothing pass: the frame goes through the system call, is copied, handed to the driver and
 * freed there. */
static void nowhere(char *name)
{
	int fd = open("/dev/net/tun", O_RDWR);
	if (fd < 0) die("/dev/net/tun");
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	if (ioctl(fd, TUNSETIFF, &r) < 0) die("TUNSETIFF");
	strcpy(name, r.ifr_name);
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { 1, none };
	if (ioctl(fd, TUNATTACHFILTER, &program) < 0) die("TUNATTACHFILTER");
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	r.ifr_flags = IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &r) < 0) die("SIOCSIFFLAGS");
	close(s);
}
static int packet_socket(const char *dev, int protocol)
{
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	if (s < 0) die("socket");
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(dev), .sll_protocol = htons(protocol) };
	if (a.sll_ifindex == 0) die(dev);
	if (bind(s, (struct sockaddr *)&a, sizeof a)) die("bind");
	return s;
}
static void device_mac(const char *dev, uint8_t *mac)
{
	struct ifreq r = { 0 };
	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", dev);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(s, SIOCGIFHWADDR, &r) < 0) die("SIOCGIFHWADDR");
	memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	close(s);
}
/* CPU time of the softirq thread of the core that we are on, ns; 0 where it cannot be read. */
static double softirq_thread(void)
{
	static int pid = -1;
	char path[64], text[64], name[32];
	FILE *f;
	if (pid < 0) {
		pid = 0;
		snprintf(name, sizeof name, "ksoftirqd/%d\n", sched_getcpu());
		DIR *d = opendir("/proc");
		for (struct dirent *e; d != NULL && pid == 0 && (e = readdir(d)) != NULL;) {
			int p = atoi(e->d_name);
			snprintf(path, sizeof path, "/proc/%d/comm", p);
			if (p <= 0 || (f = fopen(path, "r")) == NULL) continue;
			if (fgets(text, sizeof text, f) != NULL && strcmp(text, name) == 0) pid = p;
			fclose(f);
		}
		if (d != NULL) closedir(d);
		if (pid == 0) fprintf(stderr, "warning: no %s", name);
	}
	snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
	double ns = 0;
	if (pid > 0 && (f = fopen(path, "r")) != NULL) {
		if (fscanf(f, "%lf", &ns) != 1) ns = 0;
		fclose(f);
	}
	return ns;
}
/* Time of this core in interrupts and softirqs, ns. */
static double interrupt_time(void)
{
	char line[256], name[16];
	double irq = 0, softirq = 0;
	snprintf(name, sizeof name, "cpu%d ", sched_getcpu());
	FILE *f = fopen("/proc/stat", "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0) sscanf(line, "%*s %*s %*s %*s %*s %*s %lf %lf", &irq, &softirq);
	if (f != NULL) fclose(f);
	return (irq + softirq) * 1e9 / (double)sysconf(_SC_CLK_TCK);
}
static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
static int send_frames(char **v)
{
	char dev[IFNAMSIZ];
	long count = atol(v[1]);
	int length = atoi(v[2]), flows = atoi(v[3]);
	snprintf(dev, sizeof dev, "%s", v[0]);
	if (strcmp(dev, "nowhere") == 0) nowhere(dev);
	int s = packet_socket(dev, 0), one = 1;
	if (setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one)) die("PACKET_QDISC_BYPASS");
	uint8_t *frames = calloc((size_t)flows, (size_t)length);
	for (int i = 0; i < flows; i++) {
		uint8_t *p = frames + (size_t)i * (size_t)length, *ip = p + 14, *udp = p + 34;
		sscanf(v[4], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", p, p + 1, p + 2, p + 3, p + 4, p + 5);
		device_mac(dev, p + 6);
		put16(p + 12, 0x0800);
		ip[0] = 0x45;
		put16(ip + 2, length - 14);
		ip[8] = 64;
		ip[9] = 17;
		inet_pton(AF_INET, v[5], ip + 12);
		inet_pton(AF_INET, v[6], ip + 16);
		put16(ip + 10, checksum(ip, 20, 0));
		put16(udp, 1024 + i % 50000);
		put16(udp + 2, 5000 + i / 50000);
		put16(udp + 4, length - 34);
		int sum = checksum(udp, length - 34, pseudo(ip, length - 34));
		put16(udp + 6, sum == 0 ? 0xffff : sum);
	}
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec io[BATCH];
	for (int i = 0; i < BATCH; i++) {
		io[i].iov_len = (size_t)length;
		m[i].msg_hdr.msg_iov = &io[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	/* a frame that a full queue refuses is an error of the call, and is sent again; one that the driver drops is sent */
	long sent = 0, refused = 0;
	double interrupts0 = interrupt_time(), softirq0 = softirq_thread(), t0 = cpu();
	while (sent < count) {
		int n = count - sent < BATCH ? (int)(count - sent) : BATCH;
		for (int i = 0; i < n; i++) io[i].iov_base = frames + (size_t)((sent + i) % flows) * (size_t)length;
		int r = sendmmsg(s, m, (unsigned)n, 0);
		if (r < 0) {
			if (errno != ENOBUFS) die("sendmmsg");
			if (v[0][0] == 'n') sent++; else refused++;
			continue;
		}
		sent += r;
	}
	double t1 = cpu();
	/* what still stands in the backlog is served by the softirq thread, if it is awake */
	usleep(50000);
	printf("{\"sent\":%ld,\"refused\":%ld,\"processNs\":%.0f,\"softirqNs\":%.0f,\"interruptNs\":%.0f}\n", sent, refused, t1 - t0,
	       softirq_thread() - softirq0, interrupt_time() - interrupts0);
	return 0;
}
static int check_frames(char **v)
{
	long count = atol(v[1]), good = 0, bad = 0;
	int length = atoi(v[2]), ttl = atoi(v[3]), size = 1 << 30;
	int s = packet_socket(v[0], ETH_P_IP);
	if (setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) die("SO_RCVBUFFORCE");
	puts("ready");
	fflush(stdout);
	static uint8_t b[65536];
	struct pollfd p = { .fd = s, .events = POLLIN };
	while (good + bad < count && poll(&p, 1, 2000) > 0) {
		int n = (int)recv(s, b, sizeof b, 0);
		uint8_t *ip = b + 14, *udp = b + 34;
		if (n < 42 || ip[9] != 17) continue;
		int ok = n == length && ip[0] == 0x45 && ip[8] == ttl && (ip[2] << 8 | ip[3]) == n - 14 && checksum(ip, 20, 0) == 0 && (udp[6] | udp[7]) != 0 &&
			 checksum(udp, n - 34, pseudo(ip, n - 34)) == 0;
		if (ok) good++; else bad++;
	}
	printf("{\"good\":%ld,\"bad\":%ld}\n", good, bad);
	return good == count ? 0 : 1;
}
int main(int argc, char **argv)
{
	if (argc == 9 && strcmp(argv[1], "send") == 0) return send_frames(argv + 2);
	if (argc == 6 && strcmp(argv[1], "check") == 0) return check_frames(argv + 2);
	fprintf(stderr, "usage: flood send DEV COUNT FRAME FLOWS DST_MAC SRC_IP DST_IP | flood check DEV COUNT FRAME TTL\n");
	return 2;
}
