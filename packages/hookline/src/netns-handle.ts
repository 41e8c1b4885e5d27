/** A namespace of a lab: its devices and its own traffic. */
import type { Netns } from "@hookline/engine/ip/netns";
import { formatAddress6, parseAddress6 } from "@hookline/linux/address6-text";
import { DeviceHandle } from "./device-handle.ts";
import type { Lab } from "./lab.ts";
import { parseAddress } from "./words.ts";

/** An ordinary UDP socket in a namespace. */
export interface UdpEndpoint {
	/** Send a datagram; throws with the errno's name when it cannot leave. */
	send(address: string, port: number, payload: Uint8Array): void;
	close(): void;
}

export class NetnsHandle {
	readonly netns: Netns;
	private readonly lab: Lab;

	constructor(lab: Lab, netns: Netns) {
		this.lab = lab;
		this.netns = netns;
	}
	get name(): string {
		return this.netns.name;
	}
	/** A device by name; throws when there is none. */
	device(name: string): DeviceHandle {
		const dev = this.netns.device(name);
		if (dev === undefined)
			throw new Error(
				`no device "${name}" in ${this.name}; there are: ${this.netns.devices.map((d) => d.name).join(" ")}`,
			);
		return new DeviceHandle(this.lab, dev);
	}
	devices(): DeviceHandle[] {
		return this.netns.devices.map((d) => new DeviceHandle(this.lab, d));
	}
	/**
	 * Open a UDP socket on `port`, 1..65535. `onDatagram` gets payload (a copy), source address (signed 32-bit, host order) and port.
	 * Throws RangeError for other ports, Error when the port is taken.
	 */
	udp(
		port: number,
		onDatagram: (payload: Uint8Array, source: number, sourcePort: number) => void = () => {},
	): UdpEndpoint {
		const socket = { addr: 0, port, onDatagram, onError: () => {} };
		checkPort(port);
		let open = true;
		const error = this.netns.udp.bind(socket);
		if (error !== 0) throw new Error(`UDP port ${port} in ${this.name}: ${errnoName(error)}`);
		return {
			send: (address, dport, payload) => {
				checkPort(dport);
				if (!open) throw new SocketError("EBADF");
				const e = this.netns.udp.send(0, port, parseAddress(address), dport, payload);
				if (e !== 0) throw new SocketError(errnoName(e));
			},
			close: () => {
				open = false;
				this.netns.udp.close(socket);
			},
		};
	}
	/**
	 * The same over IPv6. `onDatagram` gets the source address as text; `send` takes `2001:db8::1`. Throws as `udp` does, and Error for
	 * what is no IPv6 address.
	 */
	udp6(
		port: number,
		onDatagram: (payload: Uint8Array, source: string, sourcePort: number) => void = () => {},
	): UdpEndpoint {
		checkPort(port);
		const { ip6 } = this.netns;
		const socket = {
			addr: 0,
			port,
			onDatagram: (payload: Uint8Array, source: number, sourcePort: number) =>
				onDatagram(payload, formatAddress6(ip6.in6.get(source)), sourcePort),
			onError: () => {},
		};
		let open = true;
		const error = ip6.udp.bind(socket);
		if (error !== 0) throw new Error(`UDP port ${port} in ${this.name}: ${errnoName(error)}`);
		return {
			send: (address, dport, payload) => {
				checkPort(dport);
				if (!open) throw new SocketError("EBADF");
				const a = parseAddress6(address);
				if (a === undefined) throw new Error(`"${address}" is not an IPv6 address`);
				const e = ip6.udp.send(0, port, ip6.handle(a), dport, payload);
				if (e !== 0) throw new SocketError(errnoName(e));
			},
			close: () => {
				open = false;
				ip6.udp.close(socket);
			},
		};
	}
}

function checkPort(port: number): void {
	if (!Number.isInteger(port) || port < 1 || port > 65535)
		throw new RangeError(`a port is a whole number of 1..65535, not ${port}`);
}

/** A socket call failed; the message is the errno's name. */
export class SocketError extends Error {}

const ERRNO: Readonly<Record<number, string>> = {
	1: "EPERM",
	13: "EACCES",
	22: "EINVAL",
	90: "EMSGSIZE",
	98: "EADDRINUSE",
	99: "EADDRNOTAVAIL",
	100: "ENETDOWN",
	101: "ENETUNREACH",
	105: "ENOBUFS",
	113: "EHOSTUNREACH",
};
export function errnoName(error: number): string {
	return ERRNO[error] ?? `errno ${error}`;
}
