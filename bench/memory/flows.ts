/**
 * A process of its own: a host with 1,000 containers, each with a namespace, a veth, an address, a bridge port and a published port,
 * and 100,000 connections through its NAT, both directions of each; frames that are lost end it with an error. One frame is written
 * over and over, so that the memory is the lab's.
 */
import { checksum, pseudoSum4 } from "@hookline/engine/wire/checksum";
import * as eth from "@hookline/engine/wire/ethernet";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import * as udp from "@hookline/engine/wire/udp";
import type { DeviceHandle } from "hookline";
import {
	addressOf,
	BRIDGE,
	begunDport,
	begunSport,
	growLab,
	HOST,
	HOST_IP,
	MAC_LO,
	OUTSIDE,
	OUTSIDE_IP,
	publishedOf,
} from "../throughput/scenarios/grow.ts";
import { IP_END, mac } from "../throughput/scenarios/packets.ts";
import { buildLab, pass } from "../throughput/scenarios/scenario.ts";

const [containers, flows, rounds] = process.argv.slice(2).map(Number);
/** Frames at one instant; the backlog takes a thousand. */
const BURST = 256;
const LENGTH = 64;
const UDP_LENGTH = LENGTH - IP_END;

const lab = buildLab("grow", growLab(containers), { vector: 256 });
const { core, conntrack } = lab.machine;
const inner = Array.from({ length: containers }, (_, c) => lab.device(`c${c}:eth0`));
const outer = lab.device("out:eth0");
for (const sink of [...inner, outer]) sink.absorb();
const bytes = new Uint8Array(LENGTH).fill(7);
const view = new DataView(bytes.buffer);
view.setUint16(eth.TYPE, eth.ETH_P_IP);
const each = Math.floor(flows / 2 / containers);
const total = each * containers;
let sent = 0;

function send(from: DeviceHandle, src: number, dst: number, sport: number, dport: number): void {
	ipv4.emit(view, eth.ETH_HLEN, 0, LENGTH - eth.ETH_HLEN, 0, 0, 64, ipv4.IPPROTO_UDP, src, dst);
	udp.emit(view, IP_END, sport, dport, UDP_LENGTH);
	const pseudo = pseudoSum4(view, eth.ETH_HLEN + ipv4.SADDR, ipv4.IPPROTO_UDP, UDP_LENGTH);
	view.setUint16(IP_END + udp.CHECK, checksum(view, IP_END, LENGTH, pseudo) || 0xffff);
	const refused = from.enqueueTransmit(bytes);
	if (refused !== undefined) throw new Error(`${from.name}: ${refused}`);
	if (++sent % BURST === 0) pass(core, BURST);
}
/** From the `k`th connection's container to the outside. */
function out(k: number, sport: number, dport: number): void {
	const c = k % containers;
	eth.setMac(view, eth.DST, BRIDGE_MAC.hi, BRIDGE_MAC.lo);
	eth.setMac(view, eth.SRC, BRIDGE_MAC.hi, (MAC_LO + c) | 0);
	send(inner[c], addressOf(c), OUTSIDE_IP, sport, dport);
}
/** From the outside to the host. */
function inwards(sport: number, dport: number): void {
	eth.setMac(view, eth.DST, HOST_MAC.hi, HOST_MAC.lo);
	eth.setMac(view, eth.SRC, OUTSIDE_MAC.hi, OUTSIDE_MAC.lo);
	send(outer, OUTSIDE_IP, HOST_IP, sport, dport);
}
const BRIDGE_MAC = mac(BRIDGE);
const HOST_MAC = mac(HOST);
const OUTSIDE_MAC = mac(OUTSIDE);
/** Of the connections to published ports. */
const clientPort = (k: number): number => 20_000 + Math.floor(k / containers);

for (let round = 0; round < rounds; round++) {
	for (let k = 0; k < total; k++) inwards(clientPort(k), publishedOf(k % containers));
	for (let k = 0; k < total; k++) out(k, 53, clientPort(k));
	for (let k = 0; k < total; k++) out(k, begunSport(k), begunDport(k));
	for (let k = 0; k < total; k++) inwards(begunDport(k), begunSport(k));
	pass(core, BURST);
}
const { delivered, dropped, held } = lab.counters();
if (delivered !== sent || dropped !== 0 || held !== 0)
	throw new Error(`${sent} frames in, ${delivered} arrived, ${dropped} dropped, ${held} held`);
const host = lab.machine.netns("h1");
const tracked = host === undefined ? 0 : conntrack.count(host.id);
if (tracked !== 2 * total) throw new Error(`${tracked} connections, not ${2 * total}`);
process.stdout.write(`${containers} containers, ${tracked} connections, ${sent} frames, none lost`);
