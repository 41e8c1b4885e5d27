/** Draws the IPv6 nat tables of two hosts that translate one behind the other. */
import type { Draw } from "./draw.ts";

const PORTS = [80, 8080, 53, 4000, 443];
const PROTOCOLS = ["tcp", "udp"];

/** The first host: its containers masquerade, some of their ports are published. `containers` are their addresses. */
export function drawInner6(draw: Draw, on: string, containers: readonly string[]): string[] {
	const nat = `${on}ip6tables -t nat -A `;
	const lines: string[] = [];
	for (let i = draw.int(0, 4); i > 0; i--) {
		const port = draw.pick(PORTS);
		const proto = draw.pick(PROTOCOLS);
		const to = draw.pick(containers);
		const where = draw.pick([
			" -m addrtype --dst-type LOCAL",
			" -i w0",
			" -d 2001:db8:a::2",
			" ! -i br0",
			"",
		]);
		lines.push(
			`${nat}PREROUTING${where} -p ${proto} --dport ${port} -j ${draw.pick([
				`DNAT --to-destination ${to}`,
				`DNAT --to-destination [${to}]:${draw.pick([80, 53, 8080])}`,
				`DNAT --to-destination [${to}]:${draw.pick(["1000-1003", "70-90"])}`,
				"DNAT --to-destination fd00:17::2-fd00:17::5",
				`DNAT --to-destination [fd00:17::2-fd00:17::4]:${draw.pick(["80", "1000-1003"])}`,
				"DNAT --to-destination fd00:17::2-fd00:17::4 --persistent",
				"REDIRECT",
				`REDIRECT --to-ports ${draw.pick(["80", "1000-1010"])}`,
			])}`,
		);
		if (draw.chance(30))
			lines.push(`${nat}OUTPUT -d 2001:db8:a::2 -p ${proto} --dport ${port} -j DNAT --to-destination ${to}`);
	}
	if (draw.chance(25))
		lines.push(`${nat}PREROUTING -i w0 -p icmpv6 -j DNAT --to-destination ${containers[0]}`);
	if (draw.chance(40)) lines.push(`${nat}POSTROUTING -s fd00:17::/64 -d fd00:17::/64 -j MASQUERADE`);
	lines.push(
		...draw.pick([
			[`${nat}POSTROUTING -s fd00:17::/64 ! -o br0 -j MASQUERADE`],
			[`${nat}POSTROUTING -s fd00:17::/64 ! -o br0 -j MASQUERADE`],
			[
				`${nat}POSTROUTING -o w0 -p udp -j MASQUERADE --to-ports ${draw.pick(["4000", "1024-65535", "20000-60000"])}`,
				`${nat}POSTROUTING -o w0 -j MASQUERADE`,
			],
			[`${nat}POSTROUTING -o w0 -j SNAT --to-source 2001:db8:a::2`],
			[`${nat}POSTROUTING -s fd00:17::/64 -o w0 -j NETMAP --to 2001:db8:b::/64`],
			[`${nat}POSTROUTING -o w0 -p tcp -j SNAT --to-source [2001:db8:a::2]:1024-65535`],
		]),
	);
	return lines;
}
/** The second host: towards the outside, with ranges, and what is published from `inside`. */
export function drawOuter6(draw: Draw, on: string, inside: readonly string[], outs: number): string[] {
	const nat = `${on}ip6tables -t nat -A `;
	const lines: string[] = [];
	if (draw.chance(20))
		lines.push(
			`${nat}PREROUTING -d 2001:db8:f::/64 -j NETMAP --to ${draw.pick(["2001:db8:a::/64", "2001:db8:1::/64"])}`,
		);
	for (let i = draw.int(0, 4); i > 0; i--) {
		const port = draw.pick(PORTS);
		const proto = draw.pick(PROTOCOLS);
		const to = draw.pick(inside);
		const where = draw.pick([
			" -i out1",
			" -d 2001:db8:1::1",
			" -d 2001:db8:f::1",
			" -d 2001:db8:f::/124",
			"",
		]);
		lines.push(
			`${nat}PREROUTING${where} -p ${proto} --dport ${port} -j ${draw.pick([
				`DNAT --to-destination ${to}`,
				`DNAT --to-destination [${to}]:${draw.pick([80, 53, 8080, 4000])}`,
				`DNAT --to-destination [${to}]:${draw.pick(["79-81", "1000-1003"])}`,
				`REDIRECT --to-ports ${draw.pick(["80", "1000-1010"])}`,
			])}`,
		);
	}
	if (draw.chance(25))
		lines.push(`${nat}PREROUTING -d 2001:db8:f::1 -j DNAT --to-destination ${draw.pick(inside)}`);
	if (draw.chance(15))
		lines.push(`${nat}OUTPUT -d 2001:db8:f::/64 -j DNAT --to-destination ${draw.pick(inside)}`);
	if (draw.chance(40))
		lines.push(
			`${nat}POSTROUTING -s 2001:db8:a::/64 -d 2001:db8:a::/64 -j ${draw.pick(["MASQUERADE", "SNAT --to-source 2001:db8:a::1"])}`,
		);
	const out = draw.pick(outs > 1 ? ["out1", "out+"] : ["out1"]);
	lines.push(
		...draw.pick([
			[],
			[`${nat}POSTROUTING -o ${out} -j MASQUERADE`],
			[`${nat}POSTROUTING -o ${out} -j MASQUERADE`],
			[`${nat}POSTROUTING -o ${out} -j SNAT --to-source 2001:db8:f::1-2001:db8:f::6`],
			[`${nat}POSTROUTING -o ${out} -j SNAT --to-source 2001:db8:f::1-2001:db8:f::6 --persistent`],
			[
				`${nat}POSTROUTING -o ${out} -p udp -j SNAT --to-source [2001:db8:f::1-2001:db8:f::4]:${draw.pick(["1024-65535", "5000"])}`,
				`${nat}POSTROUTING -o ${out} -j SNAT --to-source 2001:db8:1::1`,
			],
			[`${nat}POSTROUTING -o ${out} -s 2001:db8:a::/64 -j NETMAP --to 2001:db8:f::/64`],
			[
				`${nat}POSTROUTING -o ${out} -p tcp -j MASQUERADE --to-ports ${draw.pick(["1024-65535", "30000-50000"])}`,
				`${nat}POSTROUTING -o ${out} -p icmpv6 -j SNAT --to-source 2001:db8:f::5`,
			],
			[`${nat}POSTROUTING -o ${out} -j SNAT --to-source 2001:db8:f::1`],
		]),
	);
	if (draw.chance(20))
		lines.push(
			`${nat}INPUT -p ${draw.pick(["udp", "tcp", "icmpv6"])} -j SNAT --to-source ${draw.pick(["2001:db8:a::77", "2001:db8:a::9"])}`,
		);
	return lines;
}
