/* What packets.c needs of namespace.c. Results: 0, or -errno unless told otherwise. */
#include <stdint.h>
#include <time.h>

extern int root_ns;                  /* the lab's root network namespace */
extern uint32_t wanted_states;       /* NUD_... for neighbour_pending */

void die(const char *what);          /* with errno's words; exit status 1 */
int64_t clock_ns(clockid_t c);
int enter(const char *ns);           /* "." is the lab's root */
void quiet_netns(int ipv6);          /* the one we are in */
int act_as_ip(char **argv);          /* exit status */
int for_namespaces(int (*each)(void));
int offloads_off(void);              /* here, on every device but lo */
int wait_links(uint32_t ms);
void links_now(void);         /* everywhere; 1: not in that time */
int neighbour_pending(void);         /* 1: a neighbour here is in one of wanted_states */
