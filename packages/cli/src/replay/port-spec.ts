/** `NETNS:DEV[:tx|rx]` and `NETNS:DEV[:tx|rx]=FILE` of the command line. */
import type { DeviceHandle, Lab } from "hookline";
import { messageOf, UsageError } from "../errors.ts";

export interface PortSpec {
	/** As given, "." for the root. */
	readonly netns: string;
	readonly dev: string;
	readonly direction: "tx" | "rx" | undefined;
}
export interface FileSpec extends PortSpec {
	readonly file: string;
}

const PORT = /^([^:=]+):([^:=]+)(?::(tx|rx))?$/;

/** Throws UsageError that names `option`. */
export function parsePort(option: string, text: string): PortSpec {
	const m = PORT.exec(text);
	if (m === null) throw new UsageError(`${option} ${text}: expected NETNS:DEV, NETNS:DEV:tx or NETNS:DEV:rx`);
	return { netns: m[1], dev: m[2], direction: m[3] as "tx" | "rx" | undefined };
}

export function parseFile(option: string, text: string): FileSpec {
	const eq = text.indexOf("=");
	if (eq < 1 || eq === text.length - 1)
		throw new UsageError(`${option} ${text}: expected NETNS:DEV[:tx|rx]=FILE`);
	return { ...parsePort(option, text.slice(0, eq)), file: text.slice(eq + 1) };
}

/** The device in a built lab. Throws UsageError that says which there are. */
export function deviceOf(lab: Lab, option: string, spec: PortSpec): DeviceHandle {
	try {
		return lab.netns(spec.netns).device(spec.dev);
	} catch (error) {
		throw new UsageError(`${option} ${spec.netns}:${spec.dev}: ${messageOf(error)}`);
	}
}

export function portText(spec: PortSpec): string {
	return `${spec.netns}:${spec.dev}`;
}
