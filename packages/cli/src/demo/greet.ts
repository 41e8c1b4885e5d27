/** An echo request and its reply, so that everyone on the way knows each other's MAC. */
import { type Lab, seconds } from "hookline";
import { parseAddress } from "hookline/words";
import { Failure } from "../errors.ts";

/** Throws Failure when no reply comes within a second of virtual time. */
export function greet(lab: Lab, netns: string, address: string): void {
	const { ping } = lab.netns(netns).netns;
	let replies = 0;
	const socket = { id: 1, onReply: () => void replies++, onError: () => {} };
	ping.open(socket);
	const error = ping.send(socket.id, 1, 0, parseAddress(address), new Uint8Array(56), 64);
	if (replies === 0 && error === 0) lab.runFor(1 * seconds);
	ping.close(socket);
	if (replies === 0)
		throw new Failure(`${netns} got no echo reply from ${address}${error === 0 ? "" : ` (errno ${error})`}`);
}
