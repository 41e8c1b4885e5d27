/** Draws the nat tables of two hosts that translate one behind the other, IPv4. */
import type { Draw } from "./draw.ts";

const PORTS = [80, 8080, 53, 4000, 443];
const PROTOCOLS = ["tcp", "udp", "udp", "tcp"];

/** The first host: its containers masquerade, some of their ports are published. `containers` are their addresses. */
export function drawInner(draw: Draw, on: string, containers: readonly string[]): string[] {
	const nat = `${on}iptables -t nat -A `;
	const lines: string[] = [];
	for (let i = draw.int(0, 4); i > 0; i--) {
		const port = draw.pick(PORTS);
		const proto = draw.pick(PROTOCOLS);
		const to = draw.pick(containers);
		const where = draw.pick([" -m addrtype --dst-type LOCAL", " -i w0", " -d 10.0.0.2", " ! -i br0", ""]);
		lines.push(
			`${nat}PREROUTING${where} -p ${proto} --dport ${port} -j ${draw.pick([
				`DNAT --to-destination ${to}`,
				`DNAT --to-destination ${to}:${draw.pick([80, 53, 8080])}`,
				`DNAT --to-destination ${to}:${draw.pick(["1000-1003", "70-90"])}`,
				`DNAT --to-destination 172.17.0.2-172.17.0.5`,
				`DNAT --to-destination 172.17.0.2-172.17.0.4:${draw.pick(["80", "1000-1003"])}`,
				`DNAT --to-destination 172.17.0.2-172.17.0.4 --persistent`,
				`REDIRECT`,
				`REDIRECT --to-ports ${draw.pick(["80", "1000-1010"])}`,
			])}`,
		);
		if (draw.chance(30))
			lines.push(`${nat}OUTPUT -d 10.0.0.2 -p ${proto} --dport ${port} -j DNAT --to-destination ${to}`);
	}
	if (draw.chance(25)) lines.push(`${nat}PREROUTING -i w0 -p icmp -j DNAT --to-destination ${containers[0]}`);
	if (draw.chance(40)) lines.push(`${nat}POSTROUTING -s 172.17.0.0/16 -d 172.17.0.0/16 -j MASQUERADE`);
	const out = draw.below(8);
	if (out < 4) lines.push(`${nat}POSTROUTING -s 172.17.0.0/16 ! -o br0 -j MASQUERADE`);
	else if (out === 4)
		lines.push(
			`${nat}POSTROUTING -o w0 -p udp -j MASQUERADE --to-ports ${draw.pick(["4000", "1024-65535", "20000-60000"])}`,
			`${nat}POSTROUTING -o w0 -j MASQUERADE`,
		);
	else if (out === 5) lines.push(`${nat}POSTROUTING -o w0 -j SNAT --to-source 10.0.0.2`);
	else if (out === 6) lines.push(`${nat}POSTROUTING -o w0 -j SNAT --to-source 10.0.0.2-10.0.0.5`);
	else lines.push(`${nat}POSTROUTING -o w0 -p tcp -j SNAT --to-source 10.0.0.2:1024-65535`);
	return lines;
}

/** The second host: towards the outside, with ranges, and what is published from `inside`. */
export function drawOuter(draw: Draw, on: string, inside: readonly string[], outs: number): string[] {
	const nat = `${on}iptables -t nat -A `;
	const lines: string[] = [];
	if (draw.chance(20))
		lines.push(
			`${nat}PREROUTING -d 203.0.113.0/24 -j NETMAP --to ${draw.pick(["10.0.0.0/24", "192.168.1.0/24"])}`,
		);
	for (let i = draw.int(0, 4); i > 0; i--) {
		const port = draw.pick(PORTS);
		const proto = draw.pick(PROTOCOLS);
		const to = draw.pick(inside);
		const where = draw.pick([" -i out1", " -d 192.168.1.1", " -d 203.0.113.1", " -d 203.0.113.0/28", ""]);
		lines.push(
			`${nat}PREROUTING${where} -p ${proto} --dport ${port} -j ${draw.pick([
				`DNAT --to-destination ${to}`,
				`DNAT --to-destination ${to}:${draw.pick([80, 53, 8080, 4000])}`,
				`DNAT --to-destination ${to}:${draw.pick(["79-81", "1000-1003"])}`,
				`DNAT --to-destination 10.0.0.2-10.0.0.3:${draw.pick(["80", "4000-4010"])}`,
				`REDIRECT --to-ports ${draw.pick(["80", "1000-1010"])}`,
			])}`,
		);
	}
	if (draw.chance(25))
		lines.push(`${nat}PREROUTING -d 203.0.113.1 -j DNAT --to-destination ${draw.pick(inside)}`);
	if (draw.chance(15))
		lines.push(`${nat}OUTPUT -d 203.0.113.0/24 -j DNAT --to-destination ${draw.pick(inside)}`);
	if (draw.chance(40))
		lines.push(
			`${nat}POSTROUTING -s 10.0.0.0/24 -d 10.0.0.0/24 -j ${draw.pick(["MASQUERADE", "SNAT --to-source 10.0.0.1"])}`,
		);
	const out = draw.pick(outs > 1 ? ["out1", "out+"] : ["out1"]);
	const how = draw.below(9);
	if (how < 2) lines.push(`${nat}POSTROUTING -o ${out} -j MASQUERADE`);
	else if (how === 2) lines.push(`${nat}POSTROUTING -o ${out} -j SNAT --to-source 203.0.113.1-203.0.113.6`);
	else if (how === 3)
		lines.push(`${nat}POSTROUTING -o ${out} -j SNAT --to-source 203.0.113.1-203.0.113.6 --persistent`);
	else if (how === 4)
		lines.push(
			`${nat}POSTROUTING -o ${out} -p udp -j SNAT --to-source 203.0.113.1-203.0.113.4:${draw.pick(["1024-65535", "20000-60000", "5000"])}`,
			`${nat}POSTROUTING -o ${out} -j SNAT --to-source 192.168.1.1`,
		);
	else if (how === 5) lines.push(`${nat}POSTROUTING -o ${out} -s 10.0.0.0/24 -j NETMAP --to 203.0.113.0/24`);
	else if (how === 6)
		lines.push(
			`${nat}POSTROUTING -o ${out} -p tcp -j MASQUERADE --to-ports ${draw.pick(["1024-65535", "30000-50000"])}`,
			`${nat}POSTROUTING -o ${out} -p icmp -j SNAT --to-source 203.0.113.5`,
		);
	else if (how === 7) lines.push(`${nat}POSTROUTING -o ${out} -j SNAT --to-source 203.0.113.1`);
	if (draw.chance(20))
		lines.push(
			`${nat}INPUT -p ${draw.pick(["udp", "tcp", "icmp"])} -j SNAT --to-source ${draw.pick(["10.0.0.77", "10.0.0.9"])}`,
		);
	return lines;
}
