/* The namespaces of a lab: going into one, what is set in a fresh one, what is asked of all of them. */
#define _GNU_SOURCE
#include "namespace.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int root_ns;

void die(const char *what) { fprintf(stderr, "packets: %s: %s\n", what, strerror(errno)); exit(1); }
int64_t clock_ns(clockid_t c) { struct timespec t; clock_gettime(c, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) return; /* a kernel without IPv6 has none of its settings */
	if (write(fd, text, strlen(text)) < 0) { /* read-only or unknown there */ }
	close(fd);
}

/* Settings of a fresh namespace: nothing that a kernel sends by itself after a random delay, no hash with a key made at boot. */
void quiet_netns(int ipv6)
{
	static const char *const with[][2] = { {"accept_dad", "0"}, {"dad_transmits", "0"}, {"router_solicitations", "0"},
		{"addr_gen_mode", "1"}, {"accept_ra", "0"},
		/* the second report comes after a random part of this, ms */
		{"mldv2_unsolicited_report_interval", "100000000"} };
	char path[128];
	put_file("/proc/sys/net/ipv4/igmp_link_local_mcast_reports", "0");
	put_file("/proc/sys/net/ipv6/auto_flowlabels", "0");
	for (int d = 0; d < 2; d++)
		for (size_t k = 0; k < (ipv6 ? 6 : 1); k++) {
			snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s", d ? "default" : "all", ipv6 ? with[k][0] : "disable_ipv6");
			put_file(path, ipv6 ? with[k][1] : "1");
		}
}

int enter(const char *ns)
{
	char path[300];
	int fd = root_ns, r;
	if (strcmp(ns, ".") != 0) {
		snprintf(path, sizeof path, "/run/netns/%s", ns);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) return -errno;
	}
	r = setns(fd, CLONE_NEWNET) ? -errno : 0;
	if (fd != root_ns) close(fd);
	return r;
}

int act_as_ip(char **argv)
{
	const char *real = getenv("HOOKLINE_IP"), *ipv6 = getenv("HOOKLINE_IPV6");
	if (!real) { fputs("ip: HOOKLINE_IP does not name the command\n", stderr); return 127; }
	if (!argv[1] || !argv[2] || !argv[3] || strcmp(argv[1], "netns") || strcmp(argv[2], "add")) {
		execv(real, argv);
		die(real);
	}
	int status;
	pid_t pid = fork();
	if (pid == 0) { execv(real, argv); die(real); }
	if (pid < 0 || waitpid(pid, &status, 0) < 0) die("fork");
	if (!WIFEXITED(status) || WEXITSTATUS(status)) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	if (enter(argv[3]) == 0) quiet_netns(ipv6 && *ipv6 == '1');
	return 0;
}

/* All namespaces of the lab, one call each, in which `each` is inside of it; ends at the first result that is not 0. */
int for_namespaces(int (*each)(void))
{
	DIR *d = opendir("/run/netns");
	struct dirent *e;
	int r = each();
	while (d && r == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.' && enter(e->d_name) == 0) r = each();
	if (d) closedir(d);
	enter(".");
	return r;
}

static int tell_device(int fd, const char *name, uint32_t command, uint32_t *value)
{
	struct ethtool_value v = { .cmd = command, .data = *value };
	struct ifreq q = { .ifr_data = (char *)&v };
	strncpy(q.ifr_name, name, IFNAMSIZ - 1);
	int r = ioctl(fd, SIOCETHTOOL, &q);
	*value = v.data;
	return r;
}

int offloads_off(void)
{
	static const uint32_t off[] = { ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM };
	struct if_nameindex *all = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (struct if_nameindex *i = all; i && i->if_index; i++)
		for (size_t k = 0; k < 4 && strcmp(i->if_name, "lo"); k++) {
			uint32_t zero = 0;
			tell_device(fd, i->if_name, off[k], &zero); /* not every kind has every one */
		}
	if (all) if_freenameindex(all);
	close(fd);
	return 0;
}

/* 1: a device has its carrier but is not operational yet. Asking for the link makes the kernel look at it now, not within a second. */
static int link_pending(void)
{
	struct if_nameindex *all = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), pending = 0;
	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		uint32_t link = 0;
		struct ifreq q = { 0 };
		strncpy(q.ifr_name, i->if_name, IFNAMSIZ - 1);
		if (tell_device(fd, i->if_name, ETHTOOL_GLINK, &link) || !link || ioctl(fd, SIOCGIFFLAGS, &q)) continue;
		if ((q.ifr_flags & IFF_UP) && !(q.ifr_flags & IFF_RUNNING)) pending = 1;
	}
	if (all) if_freenameindex(all);
	close(fd);
	return pending;
}

static int ask_links(void) { link_pending(); return 0; }
/* A device that lost or got its carrier is looked at now, not within a second. */
void links_now(void) { for_namespaces(ask_links); }

int wait_links(uint32_t ms)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + ms * 1000000LL;
	while (for_namespaces(link_pending)) {
		if (clock_ns(CLOCK_MONOTONIC) > end) return 1;
		usleep(5000);
	}
	return 0;
}

uint32_t wanted_states;
/* 1: the kernel is still asking for a neighbour here, so more will come. */
int neighbour_pending(void)
{
	struct { struct nlmsghdr h; struct ndmsg m; } ask = { { sizeof ask, RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { 0 } };
	static char buffer[32768] __attribute__((aligned(8)));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), found = 0, more = 1;
	if (fd < 0 || send(fd, &ask, sizeof ask, 0) < 0) more = 0;
	while (more) {
		ssize_t got = recv(fd, buffer, sizeof buffer, 0);
		unsigned n = got > 0 ? (unsigned)got : 0;
		if (!n) break;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) more = 0;
			else if (((struct ndmsg *)NLMSG_DATA(h))->ndm_state & wanted_states) found = 1;
	}
	if (fd >= 0) close(fd);
	return found;
}
