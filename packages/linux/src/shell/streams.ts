import { type Expansions, expandText } from "./expand.ts";
import type { CommandIo, ShellHost } from "./host.ts";
import type { Redirection } from "./syntax.ts";

/** Where output goes. */
export interface Sink {
	/** A file: a command's output reaches it in one write. A terminal or a capture takes it piece by piece. */
	readonly isFile: boolean;
	/** Returns what is wrong, or undefined. */
	write(text: string): string | undefined;
}

/** Where input comes from; taking it leaves nothing for the next. */
export interface Source {
	take(): string;
}

export interface Streams {
	readonly input: Source;
	readonly out: Sink;
	readonly err: Sink;
}

export function sink(write: (text: string) => void): Sink {
	return {
		isFile: false,
		write(text) {
			if (text !== "") write(text);
			return undefined;
		},
	};
}

const NOWHERE: Sink = sink(() => {});

export function source(text: string): Source {
	let left = text;
	return {
		take() {
			const all = left;
			left = "";
			return all;
		},
	};
}

export function streamsOf(io: CommandIo): Streams {
	return {
		input: { take: () => io.stdin },
		out: sink((text) => io.out(text)),
		err: sink((text) => io.err(text)),
	};
}

/** Ends the shell or the subshell. */
export class ShellExit extends Error {
	readonly status: number;

	constructor(status: number) {
		super(`exit ${status}`);
		this.status = status;
	}
}

/** A redirection that could not be made; `message` as dash has it, or "" when it has been printed. */
export class RedirectionError extends Error {
	/** Where the message goes: standard error as the redirections before this one have left it. */
	readonly err: Sink;

	constructor(err: Sink, message: string) {
		super(message);
		this.err = err;
	}
}

/** Applies redirections from left to right (POSIX XCU 2.7). Throws `RedirectionError`. */
export function redirect(
	redirections: readonly Redirection[],
	streams: Streams,
	using: Expansions,
	host: ShellHost,
): Streams {
	if (redirections.length === 0) return streams;
	// dash expands all paths before it opens the first, and a here-document when its turn comes
	const paths = redirections.map(({ kind, target }) =>
		kind === "here" ? "" : (expandText(target.parts, using) ?? ""),
	);
	let { input, out, err } = streams;
	for (const [index, redirection] of redirections.entries()) {
		const target = paths[index]!;
		if (redirection.kind === "here") input = source(hereText(redirection, err, using));
		else if (redirection.kind === "read") input = openInput(target, err, host);
		else {
			const to =
				redirection.kind === "duplicate"
					? redirection.from === 1
						? out
						: err
					: openOutput(target, redirection, { input, out, err }, host);
			if (redirection.fd === 1) out = to;
			else err = to;
		}
	}
	return { input, out, err };
}

/** An unset variable under `-u` fails the command here, and not the whole shell as elsewhere. */
function hereText(redirection: Redirection, err: Sink, using: Expansions): string {
	try {
		return expandText(redirection.target.parts, using) ?? "";
	} catch (error) {
		if (error instanceof ShellExit) throw new RedirectionError(err, "");
		throw error;
	}
}

function openInput(path: string, err: Sink, host: ShellHost): Source {
	if (path === "/dev/null") return source("");
	const text = host.readFile(path);
	if (text === undefined) throw new RedirectionError(err, `cannot open ${path}: No such file`);
	return source(text);
}

function openOutput(path: string, redirection: Redirection, streams: Streams, host: ShellHost): Sink {
	if (path === "/dev/null") return NOWHERE;
	if (path === "/dev/stdout") return streams.out;
	if (path === "/dev/stderr") return streams.err;
	const append = redirection.kind === "append";
	const wrong = path === "" ? "Directory nonexistent" : host.writeFile(path, "", append);
	if (wrong !== undefined) throw new RedirectionError(streams.err, `cannot create ${path}: ${wrong}`);
	return {
		isFile: true,
		write: (text) => (text === "" ? undefined : host.writeFile(path, text, true)),
	};
}

/** The streams as a host's command sees them; `finish` writes what was held for files, and returns an error. */
export function commandIo(
	streams: Streams,
	env: ReadonlyMap<string, string>,
): { io: CommandIo; finish(): string | undefined } {
	const held = new Map<Sink, string>();
	const write = (to: Sink, text: string): void => {
		if (to.isFile) held.set(to, (held.get(to) ?? "") + text);
		else to.write(text);
	};
	const io: CommandIo = {
		get stdin() {
			return streams.input.take();
		},
		out: (text) => write(streams.out, text),
		err: (text) => write(streams.err, text),
		env,
	};
	const finish = (): string | undefined => {
		let wrong: string | undefined;
		for (const [to, text] of held) wrong = to.write(text) ?? wrong;
		return wrong;
	};
	return { io, finish };
}
