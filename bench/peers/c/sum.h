/* The Internet checksum (RFC 1071) and its incremental update (RFC 1624). Sums are taken over words as they lie in memory, and so are the
 * fields: ones'-complement addition does not mind the byte order. */
#ifndef SUM_H
#define SUM_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t load16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static inline uint32_t load32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline void store16(uint8_t *p, uint16_t v) { memcpy(p, &v, 2); }
static inline void store32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }
static inline uint16_t be16(uint16_t v) { return __builtin_bswap16(v); }
static inline uint32_t be32(uint32_t v) { return __builtin_bswap32(v); }

static inline uint32_t fold(uint64_t s)
{
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (s & 0xffff) + (s >> 16);
}
static inline uint64_t add_carry(uint64_t s, uint64_t v)
{
	s += v;
	return s + (s < v);
}
/* Sum of n bytes, not folded to the end; an odd last byte is followed by a zero. Long ones in steps that become vector instructions. */
static inline uint64_t sum(const uint8_t *p, size_t n)
{
	uint64_t s = 0;
	if (n >= 128) {
		size_t words = n / 4;
		for (size_t i = 0; i < words; i++) s += load32(p + 4 * i);
		p += 4 * words;
		n -= 4 * words;
	}
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t v;
		memcpy(&v, p, 8);
		s = add_carry(s, v);
	}
	if (n >= 4) { s = add_carry(s, load32(p)); p += 4; n -= 4; }
	if (n >= 2) { s = add_carry(s, load16(p)); p += 2; n -= 2; }
	if (n) s = add_carry(s, *p);
	return (s & 0xffffffff) + (s >> 32);
}
/* Of an IPv4 header without options, in the words that it is written in: a load wider than the store before it has to wait. */
static inline uint64_t ip_sum(const uint8_t *ip)
{
	return (uint64_t)load32(ip) + load32(ip + 4) + load16(ip + 8) + load16(ip + 10) + load32(ip + 12) + load32(ip + 16);
}
static inline uint64_t pseudo_sum(const uint8_t *ip, uint16_t length)
{
	return (uint64_t)load32(ip + 12) + load32(ip + 16) + be16(17) + be16(length);
}
/* The field after a 16- or 32-bit word changed (RFC 1624, equation 3). */
static inline uint16_t update(uint16_t check, uint32_t was, uint32_t is)
{
	return ~fold((uint64_t)(uint16_t)~check + (uint32_t)~was + is);
}
static inline uint16_t update16(uint16_t check, uint16_t was, uint16_t is)
{
	return ~fold((uint64_t)(uint16_t)~check + (uint16_t)~was + is);
}
#endif
